import { advisoryLockId, type Database } from "@flock/database";
import { sql } from "kysely";
import { CREATED_UNIX_MS, type RecordedTransfer } from "./recorded-transfer.js";
import type { LedgerSchema } from "./schema.js";

const LOCK = advisoryLockId("flock.ledger.publisher");

/** One commit's transfers, in order. */
export type CommittedTransfers = readonly RecordedTransfer[];

/**
 * Hands the oldest unpublished commits to `publish`, marks them when it has returned, and returns how many those were.
 * One process at a time (the others get 0 at once), so that facts leave in order. A crash between publishing and
 * marking publishes them again, in the same portions.
 */
export async function publishCommits(
  db: Database<LedgerSchema>,
  commitsMax: number,
  publish: (commits: readonly CommittedTransfers[]) => Promise<void>,
): Promise<number> {
  return await db.kysely.transaction().execute(async (dbTx) => {
    const { rows } = await sql<{ mine: boolean }>`SELECT pg_try_advisory_xact_lock(${LOCK}) AS mine`.execute(
      dbTx,
    );
    if (rows[0]?.mine !== true) return 0;
    const { rows: transfers } = await sql<RecordedTransfer & { first_seq: bigint }>`
      SELECT k.first_seq, t.seq, t.id, t.kind, t.phase, t.amount, t.business_id, ${sql.raw(CREATED_UNIX_MS)},
             d.code AS debit_code, c.code AS credit_code
        FROM (SELECT * FROM commits WHERE NOT is_published ORDER BY first_seq LIMIT ${commitsMax}) k
       CROSS JOIN LATERAL (
         SELECT * FROM transfers t WHERE t.seq >= k.first_seq AND t.seq < k.first_seq + k.transfer_count OFFSET 0) t
        JOIN accounts d ON d.id = t.debit_id
        JOIN accounts c ON c.id = t.credit_id
       ORDER BY t.seq`.execute(dbTx);
    const commits = new Map<bigint, RecordedTransfer[]>();
    for (const transfer of transfers) {
      const commit = commits.get(transfer.first_seq);
      if (commit === undefined) commits.set(transfer.first_seq, [transfer]);
      else commit.push(transfer);
    }
    if (commits.size === 0) return 0;
    await publish([...commits.values()]);
    const published = [...commits.keys()];
    await dbTx
      .updateTable("commits")
      .set({ is_published: true })
      .where("first_seq", "in", published)
      .execute();
    return published.length;
  });
}
