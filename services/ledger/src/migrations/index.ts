import type { Migrations } from "@flock/database";
import * as accounts from "./0001-accounts.js";
import * as transfers from "./0002-transfers.js";
import * as settlements from "./0003-settlements.js";

/** The ledger's migrations, forward only, in order. */
export const migrations: Migrations = {
  "0001-accounts": accounts,
  "0002-transfers": transfers,
  "0003-settlements": settlements,
};
