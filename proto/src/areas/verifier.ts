import { VerifierDefinition } from "../gen/flock/verifier/v1/verifier.js";
import { type ServiceMethods, serviceMethods } from "../service-methods.js";

export * from "../gen/flock/verifier/v1/material.js";
export * from "../gen/flock/verifier/v1/standing.js";
export * from "../gen/flock/verifier/v1/verifier.js";
/** What the verifier answers. */
export const VERIFIER: ServiceMethods<VerifierDefinition> = serviceMethods(VerifierDefinition);
