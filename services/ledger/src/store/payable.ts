import type { Database } from "@flock/database";
import { type MicroLlama, microLlama } from "@flock/money";
import type { LedgerSchema } from "./schema.js";

export interface PayableRow {
  readonly workerId: string;
  readonly available: MicroLlama;
}

/** Up to `limit` workers after `after` (by id) with at least `threshold` vested and not reserved. */
export async function readPayable(
  db: Database<LedgerSchema>,
  threshold: bigint,
  after: string,
  limit: number,
): Promise<PayableRow[]> {
  const { rows } = await db.pool.query<{ owner: string; available: bigint }>(
    `SELECT owner, posted_credit - posted_debit - pending_debit AS available FROM accounts
      WHERE code > ('vested:' || $1) COLLATE "C" AND code < 'vested;' COLLATE "C"
        AND posted_credit - posted_debit - pending_debit >= $2
      ORDER BY code LIMIT $3`,
    [after, threshold, limit],
  );
  return rows.map(({ owner, available }) => ({ workerId: owner, available: microLlama(available) }));
}
