import { FlockError } from "@flock/errors";
import { formatLlama, microLlama } from "@flock/money";
import type { Logger } from "@flock/observability";
import type { KeyLimits } from "../keys/key-limits.js";
import type { ApiMetrics } from "../metrics.js";
import type { AllowanceOrder, AllowanceRow, AllowanceStore, Refusal } from "../store/allowance-store.js";

/** How much of a key's limits of a minute is left. */
export interface RateState {
  readonly requests: RateLeft | undefined;
  readonly tokens: RateLeft | undefined;
  /** Until all of it is there again. */
  readonly resetMs: number;
  readonly resetUnixMs: number;
}

export interface RateLeft {
  readonly limit: number;
  readonly remaining: number;
}

/** A request that may begin. */
export interface Allowance {
  /** What it may cost: at most what was asked for. */
  readonly grantedMicro: bigint;
  /** It has ended, and took so many tokens. */
  end(tokens: number): void;
  /** The ledger will not hear of it, so nothing is charged. */
  release(): void;
  /** It is as if it had never been, once this resolves: no worker has had it, and another takes its place. */
  undo(): Promise<void>;
}

/** Lets requests of keys with limits begin. A port, so that tests of everything else need no database. */
export interface Allowances {
  /**
   * @param onRate Hears what is left, before the request may begin and before it is refused.
   * @throws FlockError `resource_exhausted` or `insufficient_funds`, which say which limit and when to come back.
   */
  admit(order: AllowanceOrder, limits: KeyLimits, onRate: (state: RateState) => void): Promise<Allowance>;
}

const MINUTE_MS = 60_000;
/** How soon one of a key's running requests may have ended. */
const RUNNING_RETRY_MS = 1_000;

/**
 * Limits of keys over all api processes, which share what Postgres counts: budgets exactly, and so are the minutes, as
 * far as the clocks of the processes agree.
 */
export class SharedAllowances implements Allowances {
  constructor(
    private readonly store: AllowanceStore,
    private readonly metrics: Pick<ApiMetrics, "keyRefused">,
    private readonly logger: Logger,
  ) {}

  async admit(
    order: AllowanceOrder,
    limits: KeyLimits,
    onRate: (state: RateState) => void,
  ): Promise<Allowance> {
    const row = await this.store.admit(order);
    const rate = rateOf(row, limits, order.nowUnixMs);
    onRate(rate);
    if (row.refusal !== null) {
      this.metrics.keyRefused(row.refusal);
      throw refusalOf(row.refusal, row, order, limits, rate);
    }
    return {
      grantedMicro: row.granted,
      end: (tokens) => void this.#inBackground(order, this.store.end(order, row, tokens)),
      release: () => void this.#inBackground(order, this.store.release(order)),
      undo: () => this.#inBackground(order, this.store.undo(order, row)),
    };
  }

  /** If it fails, what the request took is free again when its time is over. */
  #inBackground({ jobId }: AllowanceOrder, work: Promise<void>): Promise<void> {
    return work.catch((err: unknown) =>
      this.logger.warn({ err, jobId }, "a request's allowance stays until it lapses"),
    );
  }
}

function rateOf(row: AllowanceRow, limits: KeyLimits, nowUnixMs: number): RateState {
  const left = (limit: number | undefined, remaining: bigint | null): RateLeft | undefined =>
    limit === undefined || remaining === null ? undefined : { limit, remaining: Number(remaining) };
  const beganMs = row.minute_at?.getTime() ?? nowUnixMs;
  const resetMs = Math.max(1, beganMs + MINUTE_MS - nowUnixMs);
  return {
    requests: left(limits.requestsPerMinute, row.requests_left),
    tokens: left(limits.tokensPerMinute, row.tokens_left),
    resetMs,
    resetUnixMs: nowUnixMs + resetMs,
  };
}

function refusalOf(
  refusal: Refusal,
  row: AllowanceRow,
  order: AllowanceOrder,
  limits: KeyLimits,
  { resetMs }: RateState,
): FlockError {
  switch (refusal) {
    case "revoked":
      return new FlockError("unauthenticated", "unauthorized: invalid API key");
    case "streams":
      return tooMuch(
        `requests at once: ${limits.streamsMax} of this API key may run, and do`,
        RUNNING_RETRY_MS,
      );
    case "requests":
      return tooMuch(`requests: this API key may begin ${limits.requestsPerMinute} per minute`, resetMs);
    case "tokens":
      return tooMuch(
        `tokens: this API key may use ${limits.tokensPerMinute} per minute, ${row.tokens_left} are left, ` +
          `and this request may need ${row.tokens_counted}`,
        resetMs,
      );
    case "budget_day":
    case "budget_month":
      return usedUp(refusal, row, order);
  }
}

function tooMuch(what: string, afterMs: number): FlockError {
  return new FlockError("resource_exhausted", `too many ${what}`, { retry: { afterMs } });
}

function usedUp(
  refusal: "budget_day" | "budget_month",
  row: AllowanceRow,
  order: AllowanceOrder,
): FlockError {
  const [budget, used] = [row.budget ?? 0n, row.used ?? 0n];
  const available = used > budget ? 0n : budget - used;
  const now = new Date(order.nowUnixMs);
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const isDay = refusal === "budget_day";
  const next = new Date(isDay ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)).toISOString();
  const llama = (micro: bigint): string => formatLlama(microLlama(micro));
  return new FlockError(
    "insufficient_funds",
    `the budget of this API key for this ${isDay ? "day" : "month"} does not suffice: ${llama(used)} of ` +
      `${llama(budget)} LLAMA are spent or reserved by running requests, and this request needs at least ` +
      `${llama(order.leastMicro)}; it is new at ${next}`,
    { details: { neededMicro: order.leastMicro, availableMicro: available } },
  );
}
