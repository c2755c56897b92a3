export { API_KEY_METHODS } from "./api-keys.js";
export { LEDGER_METHODS } from "./ledger.js";
export { TREASURY_METHODS } from "./treasury.js";
