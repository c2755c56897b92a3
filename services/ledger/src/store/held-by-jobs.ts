import type { Database } from "@flock/database";
import { type MicroLlama, microLlama, ZERO } from "@flock/money";
import { sql } from "kysely";
import type { AccountCode } from "../domain/account-code.js";
import type { LedgerSchema } from "./schema.js";

/**
 * What running jobs hold of an account at this moment: what is pending there, without what is reserved for payouts. 0
 * for an account that does not exist.
 */
export async function readHeldByJobs(db: Database<LedgerSchema>, account: AccountCode): Promise<MicroLlama> {
  const { rows } = await sql<{ held: bigint }>`
    SELECT a.pending_debit - coalesce(
             (SELECT sum(h.amount) FROM open_holds h WHERE h.debit_id = a.id AND h.timeout_at IS NULL), 0
           )::bigint AS held
      FROM accounts a
     WHERE a.code = ${account}`.execute(db.kysely);
  return rows[0] === undefined ? ZERO : microLlama(rows[0].held);
}
