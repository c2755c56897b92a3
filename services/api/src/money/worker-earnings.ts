import { FlockError } from "@flock/errors";
import { type DayEarnings, LEDGER } from "@flock/proto/ledger";
import type { RequestContext } from "../request-context.js";
import { accountOf, tracing } from "./caller.js";
import type { MoneyGateway } from "./money-gateway.js";

const DAY_MS = 86_400_000;
const DAYS_DEFAULT = 7;
const DAYS_MAX = 366;
/** What the ledger tells in one answer. */
const DAYS_PER_PAGE = 31;
/** Enough for a worker that earned on every day of twenty years, should somebody ask for the first of them. */
const PAGES_MAX = 240;

/** UTC days such as 2026-11-22, both included; default: the last week. */
export interface DaysAsked {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** What a worker earned by its jobs, per day and model, newest day first. */
export interface WorkerEarnings {
  readonly worker: string;
  readonly from: string;
  readonly to: string;
  readonly days: readonly DayEarnings[];
  /** Without what was taken back. */
  readonly totalMicro: bigint;
}

export async function workerEarnings(
  gateway: MoneyGateway,
  context: RequestContext,
  asked: DaysAsked,
): Promise<WorkerEarnings> {
  const { from, to } = rangeOf(asked, dayOf(gateway.clock.unixMs()));
  const worker = accountOf(context);
  const found = await readEarnings(gateway, context, worker, from);
  const days = found.filter((row) => row.day >= from && row.day <= to);
  const totalMicro = days.reduce((sum, row) => sum + row.shareMicro - row.clawedBackMicro, 0n);
  return { worker, from, to, days, totalMicro };
}

function rangeOf(asked: DaysAsked, today: string): { from: string; to: string } {
  const to = asked.to ?? today;
  const from = asked.from ?? dayOf(Date.parse(to) - (DAYS_DEFAULT - 1) * DAY_MS);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1) throw new FlockError("invalid_argument", `from: ${from} is after ${to}`);
  if (days > DAYS_MAX)
    throw new FlockError(
      "invalid_argument",
      `from: ${days} days are asked for, at most ${DAYS_MAX} are told`,
    );
  return { from, to };
}

/** All days with earnings down to `from`. */
async function readEarnings(
  { services }: MoneyGateway,
  context: RequestContext,
  workerId: string,
  from: string,
): Promise<DayEarnings[]> {
  const all: DayEarnings[] = [];
  let cursor = "";
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const found = await services.ask(
      LEDGER.earnings,
      { workerId, cursor, days: DAYS_PER_PAGE },
      tracing(context),
    );
    all.push(...found.earnings);
    cursor = found.nextCursor;
    if (cursor === "" || (found.earnings.at(-1)?.day ?? from) < from) break;
  }
  return all;
}

function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}
