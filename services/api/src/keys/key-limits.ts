import { FlockError } from "@flock/errors";
import { TOTAL_SUPPLY } from "@flock/money";

/** What a key may spend, and how fast; what is undefined is not limited. */
export interface KeyLimits {
  /** µLLAMA per day and per month, in UTC. */
  readonly budgetDayMicro: bigint | undefined;
  readonly budgetMonthMicro: bigint | undefined;
  readonly requestsPerMinute: number | undefined;
  readonly tokensPerMinute: number | undefined;
  /** Requests running at once. */
  readonly streamsMax: number | undefined;
}

export const NO_LIMITS: KeyLimits = {
  budgetDayMicro: undefined,
  budgetMonthMicro: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  streamsMax: undefined,
};

export function isLimited(limits: KeyLimits): boolean {
  return Object.values(limits).some((limit) => limit !== undefined);
}

/**
 * The limits that are asked for.
 * @throws FlockError `invalid_argument`, which says what of them cannot be.
 */
export function keyLimitsOf(asked: Partial<KeyLimits>): KeyLimits {
  return {
    budgetDayMicro: budget("for a day", asked.budgetDayMicro),
    budgetMonthMicro: budget("for a month", asked.budgetMonthMicro),
    requestsPerMinute: count("requests per minute", asked.requestsPerMinute, 1_000_000),
    tokensPerMinute: count("tokens per minute", asked.tokensPerMinute, 1_000_000_000),
    streamsMax: count("requests at once", asked.streamsMax, 100_000),
  };
}

function budget(what: string, micro: bigint | undefined): bigint | undefined {
  if (micro === undefined || (micro > 0n && micro <= TOTAL_SUPPLY)) return micro;
  throw new FlockError("invalid_argument", `the budget ${what} must be from 1 to ${TOTAL_SUPPLY} µLLAMA`);
}

function count(what: string, value: number | undefined, max: number): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1 && value <= max)) return value;
  throw new FlockError("invalid_argument", `the limit of ${what} must be from 1 to ${max}`);
}
