import { LedgerDefinition } from "../gen/flock/ledger/v1/ledger.js";
import { type ServiceMethods, serviceMethods } from "../service-methods.js";

export * from "../gen/flock/ledger/v1/books.js";
export * from "../gen/flock/ledger/v1/ledger.js";
/** What the ledger answers. */
export const LEDGER: ServiceMethods<LedgerDefinition> = serviceMethods(LedgerDefinition);
