import { RouterDefinition } from "../gen/flock/router/v1/router.js";
import { type ServiceMethods, serviceMethods } from "../service-methods.js";

export * from "../gen/flock/router/v1/router.js";
/** What the router answers to requesters. */
export const ROUTER: ServiceMethods<RouterDefinition> = serviceMethods(RouterDefinition);
