import { FlockError } from "@flock/errors";
import { type DayEarnings, type EarningsTotalsReply, LEDGER } from "@flock/proto/ledger";
import type { RequestContext } from "../request-context.js";
import { accountOf, tracing } from "./caller.js";
import { countDays, dayOf, lastDays } from "./days.js";
import type { MoneyGateway } from "./money-gateway.js";

const DAYS_DEFAULT = 7;
const DAYS_MAX = 366;
/** What the ledger tells in one answer. */
const DAYS_PER_PAGE = 31;
const ROWS_MAX = 10_000;

export interface EarningsAsked {
  /** UTC days such as 2026-11-22, both included; default: the last week. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The only worker whose jobs are told of; undefined: all that work for the account. */
  readonly worker: string | undefined;
}

/** What an account earned by the jobs of the workers that are paid to it. */
export interface AccountEarnings {
  readonly account: string;
  readonly from: string;
  readonly to: string;
  /** Per day, model and worker, newest day first. */
  readonly rows: readonly DayEarnings[];
  /** There are more rows than are told. */
  readonly isCut: boolean;
  /** Of the rows, without what was taken back. */
  readonly totalMicro: bigint;
  /** Of all time and of all workers, and what of it has not vested. */
  readonly totals: EarningsTotalsReply;
}

export async function accountEarnings(
  gateway: MoneyGateway,
  context: RequestContext,
  asked: EarningsAsked,
): Promise<AccountEarnings> {
  const account = accountOf(context);
  const days = daysOf(asked, gateway.clock.unixMs());
  const [found, totals] = await Promise.all([
    readEarnings(gateway, context, { account, worker: asked.worker, ...days }),
    gateway.services.ask(LEDGER.earningsTotals, { workerId: account }, tracing(context)),
  ]);
  const rows = found.slice(0, ROWS_MAX);
  const totalMicro = rows.reduce((sum, row) => sum + row.shareMicro - row.clawedBackMicro, 0n);
  return { account, ...days, rows, isCut: found.length > ROWS_MAX, totalMicro, totals };
}

function daysOf(asked: EarningsAsked, unixMs: number): { from: string; to: string } {
  const to = asked.to ?? dayOf(unixMs);
  const from = asked.from ?? lastDays(DAYS_DEFAULT, Date.parse(to)).from;
  const days = countDays({ from, to });
  if (days < 1) throw new FlockError("invalid_argument", `from: ${from} is after ${to}`);
  if (days > DAYS_MAX)
    throw new FlockError(
      "invalid_argument",
      `from: ${days} days are asked for, at most ${DAYS_MAX} are told`,
    );
  return { from, to };
}

interface EarningsRange {
  readonly account: string;
  readonly worker: string | undefined;
  readonly from: string;
  readonly to: string;
}

/** All rows of those days, or more than are told. */
async function readEarnings(
  { services }: MoneyGateway,
  context: RequestContext,
  { account, worker = "", from, to }: EarningsRange,
): Promise<DayEarnings[]> {
  const all: DayEarnings[] = [];
  const asked = { workerId: account, doneBy: worker, fromDay: from, toDay: to, days: DAYS_PER_PAGE };
  let cursor = "";
  do {
    const found = await services.ask(LEDGER.earnings, { ...asked, cursor }, tracing(context));
    all.push(...found.earnings);
    cursor = found.nextCursor;
  } while (cursor !== "" && all.length <= ROWS_MAX);
  return all;
}
