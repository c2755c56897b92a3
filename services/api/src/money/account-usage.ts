import { FlockError } from "@flock/errors";
import type { RequestContext } from "../request-context.js";
import type { UsageGroup, UsageRow } from "../store/usage-store.js";
import { accountOf } from "./caller.js";
import { countDays, dayOf, lastDays } from "./days.js";
import type { MoneyGateway } from "./money-gateway.js";

const DAYS_MAX = 400;
/** Without a first day: that many until the last. */
const DAYS_DEFAULT = 30;
const ROWS_MAX = 10_000;

export interface UsageAsked {
  /** UTC days, such as 2026-11-22. Undefined: today as the last, and a month until then. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** What is told apart; none: one sum. */
  readonly by: readonly UsageGroup[];
  /** Of this key alone. */
  readonly keyId: string | undefined;
}

export interface AccountUsage {
  readonly account: string;
  readonly from: string;
  readonly to: string;
  readonly rows: readonly UsageRow[];
  /** There are more rows than are told. */
  readonly isCut: boolean;
}

/** What the account's keys have used: completed requests, counted within a second or so of their end. */
export async function accountUsage(
  { usage, clock }: MoneyGateway,
  context: RequestContext,
  asked: UsageAsked,
): Promise<AccountUsage> {
  const account = accountOf(context);
  const to = asked.to ?? dayOf(clock.unixMs());
  const from = asked.from ?? lastDays(DAYS_DEFAULT, Date.parse(to)).from;
  const days = countDays({ from, to });
  if (days < 1) throw new FlockError("invalid_argument", "from: must not be after the last day");
  if (days > DAYS_MAX)
    throw new FlockError("invalid_argument", `from: at most ${DAYS_MAX} days are told at once`);
  const question = { accountId: account, from, to, by: asked.by, keyId: asked.keyId };
  const rows = await usage.usage({ ...question, rowsMax: ROWS_MAX + 1 });
  return { account, from, to, rows: rows.slice(0, ROWS_MAX), isCut: rows.length > ROWS_MAX };
}
