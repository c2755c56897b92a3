import type { Migrations } from "@flock/database";
import * as accounts from "./0001-accounts.js";
import * as epochs from "./0002-epochs.js";
import * as transfers from "./0003-transfers.js";
import * as applyTransfers from "./0004-apply-transfers.js";
import * as settlements from "./0005-settlements.js";
import * as stakes from "./0006-stakes.js";
import * as kindRules from "./0007-kind-rules.js";
import * as commitChain from "./0008-commit-chain.js";
import * as statements from "./0009-statements.js";
import * as reservedPayouts from "./0010-reserved-payouts.js";

/** The ledger's migrations, forward only, in order. */
export const migrations: Migrations = {
  "0001-accounts": accounts,
  "0002-epochs": epochs,
  "0003-transfers": transfers,
  "0004-apply-transfers": applyTransfers,
  "0005-settlements": settlements,
  "0006-stakes": stakes,
  "0007-kind-rules": kindRules,
  "0008-commit-chain": commitChain,
  "0009-statements": statements,
  "0010-reserved-payouts": reservedPayouts,
};
