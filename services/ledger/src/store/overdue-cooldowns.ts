import type { Database } from "@flock/database";
import type { LedgerSchema } from "./schema.js";

/** Request ids of unstaked amounts whose cooldown is over by the database's clock, longest overdue first. */
export async function readOverdueUnstakes(db: Database<LedgerSchema>, limit: number): Promise<string[]> {
  const { rows } = await db.pool.query<{ request_id: string }>(
    `SELECT substr(id, length('unstake:') + 1) AS request_id FROM cooldowns
      WHERE release_at <= now() ORDER BY release_at LIMIT $1`,
    [limit],
  );
  return rows.map((row) => row.request_id);
}
