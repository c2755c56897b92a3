import type { Kysely } from "kysely";
import { createAccounts } from "./0001-first-version/accounts.js";
import { createBalanceFunctions } from "./0001-first-version/apply-transfers.js";
import { createCommitChain } from "./0001-first-version/commit-chain.js";
import { createEpochs } from "./0001-first-version/epochs.js";
import { createKindRules } from "./0001-first-version/kind-rules.js";
import { createSettlements } from "./0001-first-version/settlements.js";
import { createStakes } from "./0001-first-version/stakes.js";
import { createStatements } from "./0001-first-version/statements.js";
import { createTransfers } from "./0001-first-version/transfers.js";

/** The books as they were first released, each file one subject; later ones use what earlier ones have made. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createAccounts(db);
  await createEpochs(db);
  await createTransfers(db);
  await createBalanceFunctions(db);
  await createSettlements(db);
  await createStakes(db);
  await createKindRules(db);
  await createCommitChain(db);
  await createStatements(db);
}
