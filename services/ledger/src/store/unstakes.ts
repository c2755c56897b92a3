import type { Database } from "@flock/database";
import type { LedgerSchema } from "./schema.js";
import { unixMs } from "./unix-ms.js";

export interface UnstakeRow {
  readonly seq: bigint;
  readonly request_id: string;
  readonly amount: bigint;
  readonly release_ms: bigint;
  /** Nothing of it is in cooldown any more. */
  readonly is_released: boolean;
  /** What came back to the wallet. */
  readonly released: bigint;
}

const COLUMNS = `t.seq, t.business_id AS request_id, t.amount, ${unixMs("t.timeout_at")} AS release_ms,
  c.id IS NULL AS is_released, coalesce(r.amount, 0) AS released`;
const JOINS = `LEFT JOIN cooldowns c ON c.id = t.id LEFT JOIN transfers r ON r.id = 'release:' || t.business_id`;

/** Up to `limit` unstakes of an owner with sequence numbers below `before` (all if undefined), newest first. */
export async function readUnstakes(
  db: Database<LedgerSchema>,
  owner: string,
  limit: number,
  before?: bigint,
): Promise<UnstakeRow[]> {
  const { rows } = await db.pool.query<UnstakeRow>(
    `SELECT ${COLUMNS} FROM transfers t ${JOINS}
      WHERE t.debit_id = (SELECT id FROM accounts WHERE code = 'stake:' || $1) AND t.kind = 'unstake' AND t.seq < $2
      ORDER BY t.seq DESC LIMIT $3`,
    [owner, before ?? 9_223_372_036_854_775_807n, limit],
  );
  return rows;
}

/** When an unstake is released, in Unix milliseconds; undefined if there is none of that id. */
export async function readReleaseMs(
  db: Database<LedgerSchema>,
  requestId: string,
): Promise<number | undefined> {
  const { rows } = await db.pool.query<UnstakeRow>(
    `SELECT ${COLUMNS} FROM transfers t ${JOINS} WHERE t.id = $1`,
    [`unstake:${requestId}`],
  );
  return rows[0] === undefined ? undefined : Number(rows[0].release_ms);
}
