import type { Database } from "@flock/database";
import { type AccountCode, earningsOf } from "../domain/account-code.js";
import type { LedgerSchema } from "./schema.js";

export interface DayEarningsRow {
  /** UTC, "2026-11-22". */
  readonly day: string;
  readonly model: string;
  readonly done_by: string;
  readonly jobs: bigint;
  readonly prompt_tokens: bigint;
  readonly completion_tokens: bigint;
  readonly share: bigint;
  readonly clawed_back: bigint;
}

/** Where a page of earnings ends: behind a day, or behind a row within one. */
export interface EarningsPlace {
  readonly day: string;
  readonly model?: string | undefined;
  readonly done_by?: string | undefined;
}

export interface EarningsQuestion {
  /** Who is paid. */
  readonly workerId: string;
  /** The only worker whose jobs count; undefined: all. */
  readonly doneBy: string | undefined;
  /** First and last day; undefined: no bound. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Where the page before ended. */
  readonly after: EarningsPlace | undefined;
  readonly daysMax: number;
  readonly rowsMax: number;
}

export interface EarningsPage {
  readonly rows: readonly DayEarningsRow[];
  /** Where it ends; undefined: this is the last page. */
  readonly end: EarningsPlace | undefined;
}

const DAY_MS = 86_400_000;

/** Who did a job of the account whose owner is `$2`. */
const DONE_BY = "coalesce(s.worker_id, $2)";
const OF_WORKER = `s.earnings_id = $1 AND ($3::text IS NULL OR ${DONE_BY} = $3)`;

/** The newest day before `$4` (exclusive) on which a job was settled. */
const NEWEST_DAY = `
  SELECT to_char(s.settled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day
    FROM settlements s WHERE ${OF_WORKER} AND s.settled_at < $4::timestamptz
   ORDER BY s.settled_at DESC LIMIT 1`;

/** The rows of the day `$4` behind a place in it. */
const DAY_EARNINGS = `
  SELECT s.model, ${DONE_BY} AS done_by, count(*) AS jobs, sum(s.prompt_tokens)::bigint AS prompt_tokens,
         sum(s.completion_tokens)::bigint AS completion_tokens, sum(s.worker_share_micro)::bigint AS share,
         coalesce(sum(s.worker_share_micro) FILTER (WHERE s.job_id = ANY($5::text[])), 0)::bigint AS clawed_back
    FROM settlements s
   WHERE ${OF_WORKER} AND s.settled_at >= $4::timestamptz AND s.settled_at < $4::timestamptz + interval '1 day'
     AND ($6::text IS NULL OR (s.model, ${DONE_BY}) > ($6, $7))
   GROUP BY 1, 2 ORDER BY 1, 2 LIMIT $8`;

/** The clawbacks of an account: earnings are debited by them and once per epoch, so they are few. */
const CLAWBACKS = "SELECT business_id FROM transfers WHERE debit_id = $1 AND kind = 'clawback'";

/** What an account earned on the newest days on which it earned anything, by model and worker; newest day first. */
export async function readDayEarnings(
  { pool }: Database<LedgerSchema>,
  asked: EarningsQuestion,
): Promise<EarningsPage> {
  const { workerId, doneBy = null, from = "", daysMax, rowsMax } = asked;
  const account: AccountCode = earningsOf(workerId);
  const found = await pool.query<{ id: bigint }>("SELECT id FROM accounts WHERE code = $1", [account]);
  const id = found.rows[0]?.id;
  const rows: DayEarningsRow[] = [];
  if (id === undefined) return { rows, end: undefined };
  const clawbacks = await pool.query<{ business_id: string }>(CLAWBACKS, [id]);
  const clawedBack = clawbacks.rows.map((row) => row.business_id);
  const ofWorker = [id, workerId, doneBy];
  let rest = asked.after?.model === undefined ? undefined : asked.after;
  let before = beginOf(asked.after?.day) ?? endOf(asked.to);
  for (let days = 0; ; days += 1) {
    const newest = await pool.query<{ day: string }>(NEWEST_DAY, [...ofWorker, before]);
    const day = rest?.day ?? newest.rows[0]?.day;
    if (day === undefined || day < from) return { rows, end: undefined };
    const last = rows.at(-1);
    if (days === daysMax && last !== undefined) return { rows, end: { day: last.day } };
    const { rows: ofDay } = await pool.query<Omit<DayEarningsRow, "day">>(DAY_EARNINGS, [
      ...[...ofWorker, beginOf(day), clawedBack, rest?.model ?? null, rest?.done_by ?? null],
      rowsMax - rows.length + 1,
    ]);
    rows.push(...ofDay.map((row) => ({ ...row, day })));
    if (rows.length > rowsMax) return cut(rows, rowsMax);
    rest = undefined;
    before = `${day} 00:00Z`;
  }
}

/** So many rows, and where they end. */
function cut(rows: readonly DayEarningsRow[], rowsMax: number): EarningsPage {
  const told = rows.slice(0, rowsMax);
  const [last, next] = [told.at(-1), rows[rowsMax]];
  return { rows: told, end: last?.day === next?.day || last === undefined ? last : { day: last.day } };
}

/** The moment when a day begins. */
function beginOf(day: string | undefined): string | undefined {
  return day === undefined ? undefined : `${day} 00:00Z`;
}

/** The moment when a day is over; of none, when all are. */
function endOf(day: string | undefined): string {
  return day === undefined ? "infinity" : new Date(Date.parse(day) + DAY_MS).toISOString();
}
