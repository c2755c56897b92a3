export { ledgerForApiContract } from "./ledger-for-api/contract.js";
export type { LedgerUnderContract } from "./ledger-for-api/ledger-under-contract.js";
export { startedForFile } from "./started.js";
