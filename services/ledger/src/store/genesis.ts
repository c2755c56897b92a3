import { databaseError } from "@flock/database";
import type { Parameters } from "@flock/parameters";
import type pg from "pg";
import { type AccountCode, PROTOCOL_ACCOUNTS } from "../domain/account-code.js";
import { genesisTransfers } from "../domain/genesis.js";
import { transferId } from "../domain/transfer.js";
import { turnEpoch } from "./epochs.js";
import { openAccounts } from "./open-accounts.js";
import { writeCommit } from "./write-commit.js";
import { writeRefusalOf } from "./write-refusal.js";

/**
 * Opens the first epoch and the protocol's accounts and makes the genesis transfers, unless that was done before; safe
 * to run in any number of processes at once. Returns the ids of the protocol's accounts.
 */
export async function ensureGenesis(
  pool: pg.Pool,
  parameters: Parameters,
): Promise<ReadonlyMap<AccountCode, bigint>> {
  await turnEpoch(pool, parameters);
  const accountIds = await openAccounts(pool, Object.values(PROTOCOL_ACCOUNTS));
  const { rowCount } = await pool.query("SELECT FROM transfers WHERE id = $1", [
    transferId("genesis", "rewards"),
  ]);
  if (rowCount === 0) {
    try {
      await writeCommit(pool, genesisTransfers(), [], accountIds);
    } catch (thrown) {
      // Another process was faster: the same ids exist.
      if (writeRefusalOf(thrown) !== "outdated") throw databaseError(thrown);
    }
  }
  return accountIds;
}
