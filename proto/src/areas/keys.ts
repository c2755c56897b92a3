import { ApiDefinition } from "../gen/flock/keys/v1/keys.js";
import { type ServiceMethods, serviceMethods } from "../service-methods.js";

export * from "../gen/flock/keys/v1/keys.js";
/** What the api answers to operators. */
export const API: ServiceMethods<ApiDefinition> = serviceMethods(ApiDefinition);
