import { TreasuryDefinition } from "../gen/flock/treasury/v1/treasury.js";
import { type ServiceMethods, serviceMethods } from "../service-methods.js";

export * from "../gen/flock/treasury/v1/treasury.js";
/** What the treasury answers. */
export const TREASURY: ServiceMethods<TreasuryDefinition> = serviceMethods(TreasuryDefinition);
