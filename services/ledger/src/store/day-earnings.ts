import type { Database } from "@flock/database";
import { type AccountCode, earningsOf } from "../domain/account-code.js";
import type { LedgerSchema } from "./schema.js";

export interface DayEarningsRow {
  /** UTC, "2026-11-22". */
  readonly day: string;
  readonly model: string;
  readonly jobs: bigint;
  readonly prompt_tokens: bigint;
  readonly completion_tokens: bigint;
  readonly share: bigint;
  readonly clawed_back: bigint;
}

const DAY = "to_char(s.settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')";

/** The newest day before `before` (exclusive; from now on if undefined) on which the worker settled a job. */
const NEWEST_DAY = `
  SELECT ${DAY} AS day FROM settlements s WHERE s.earnings_id = $1 AND s.settled_at < $2::timestamptz
   ORDER BY s.settled_at DESC LIMIT 1`;

const DAY_EARNINGS = `
  SELECT $2::text AS day, s.model, count(*) AS jobs, sum(s.prompt_tokens)::bigint AS prompt_tokens,
         sum(s.completion_tokens)::bigint AS completion_tokens, sum(s.worker_share_micro)::bigint AS share,
         coalesce(sum(s.worker_share_micro) FILTER (WHERE s.job_id = ANY($3::text[])), 0)::bigint AS clawed_back
    FROM settlements s
   WHERE s.earnings_id = $1 AND s.settled_at >= $2::timestamptz AND s.settled_at < $2::timestamptz + interval '1 day'
   GROUP BY s.model ORDER BY s.model`;

/** The clawbacks of a worker: an account of earnings is debited by them and once per epoch, so they are few. */
const CLAWBACKS = "SELECT business_id FROM transfers WHERE debit_id = $1 AND kind = 'clawback'";

/**
 * What a worker earned on each of the `days` newest days before `before` ("2026-11-22", exclusive) on which it earned
 * anything, per model; newest day first.
 */
export async function readDayEarnings(
  db: Database<LedgerSchema>,
  workerId: string,
  days: number,
  before?: string,
): Promise<DayEarningsRow[]> {
  const account: AccountCode = earningsOf(workerId);
  const { rows: found } = await db.pool.query<{ id: bigint }>("SELECT id FROM accounts WHERE code = $1", [
    account,
  ]);
  const id = found[0]?.id;
  if (id === undefined) return [];
  const clawbacks = await db.pool.query<{ business_id: string }>(CLAWBACKS, [id]);
  const jobIds = clawbacks.rows.map((row) => row.business_id);
  const earnings: DayEarningsRow[] = [];
  let end = before === undefined ? "infinity" : `${before} 00:00Z`;
  for (let day = 0; day < days; day++) {
    const newest = await db.pool.query<{ day: string }>(NEWEST_DAY, [id, end]);
    const found = newest.rows[0]?.day;
    if (found === undefined) break;
    const start = `${found} 00:00Z`;
    const { rows } = await db.pool.query<DayEarningsRow>(DAY_EARNINGS, [id, start, jobIds]);
    earnings.push(...rows.map((row) => ({ ...row, day: found })));
    end = start;
  }
  return earnings;
}
