import { FlockError } from "@flock/errors";

/** What one account may ask of this process. */
export interface RequestLimits {
  readonly requestsPerMinute: number;
  /** Requests running at once. */
  readonly concurrency: number;
}

interface Usage {
  /** Requests that may begin now; refilled at the rate of the limit up to a minute's worth. */
  tokens: number;
  countedMs: number;
  running: number;
}

const MINUTE_MS = 60_000;
const ACCOUNTS_MAX = 20_000;
/** How soon one of an account's running requests may have ended. */
const RUNNING_RETRY_MS = 1_000;

/**
 * How many requests an account begins per minute and has running at once (a token bucket: who was quiet may begin a
 * minute's worth at once). Of this process alone: an account that spreads its requests over several api processes gets
 * as many times as much. Accounts that are at rest are forgotten first.
 */
export class RequestLimiter {
  readonly #usage = new Map<string, Usage>();
  readonly #clock: () => number;

  /** @param clock Monotonic milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /**
   * Lets a request of the account begin; the caller tells its end, once.
   * @throws FlockError `resource_exhausted` that says which limit and when to try again.
   */
  begin(accountId: string, { requestsPerMinute, concurrency }: RequestLimits): () => void {
    const usage = this.#usageOf(accountId, requestsPerMinute);
    if (usage.running >= concurrency)
      throw new FlockError(
        "resource_exhausted",
        `too many requests at once: ${concurrency} of this account may run, and do`,
        { retry: { afterMs: RUNNING_RETRY_MS }, details: { concurrency } },
      );
    if (usage.tokens < 1)
      throw new FlockError(
        "resource_exhausted",
        `too many requests: this account may begin ${requestsPerMinute} per minute`,
        {
          retry: { afterMs: Math.ceil(((1 - usage.tokens) * MINUTE_MS) / requestsPerMinute) },
          details: { requestsPerMinute },
        },
      );
    usage.tokens -= 1;
    usage.running += 1;
    return () => {
      usage.running -= 1;
    };
  }

  #usageOf(accountId: string, requestsPerMinute: number): Usage {
    const nowMs = this.#clock();
    const usage = this.#usage.get(accountId) ?? { tokens: requestsPerMinute, countedMs: nowMs, running: 0 };
    const refill = ((nowMs - usage.countedMs) * requestsPerMinute) / MINUTE_MS;
    usage.tokens = Math.min(requestsPerMinute, usage.tokens + refill);
    usage.countedMs = nowMs;
    this.#usage.delete(accountId);
    this.#usage.set(accountId, usage);
    if (this.#usage.size > ACCOUNTS_MAX) this.#forgetOne();
    return usage;
  }

  /** Of the accounts that were quiet longest, the first that has nothing running. */
  #forgetOne(): void {
    for (const [accountId, { running }] of this.#usage) {
      if (running > 0) continue;
      this.#usage.delete(accountId);
      return;
    }
  }
}
