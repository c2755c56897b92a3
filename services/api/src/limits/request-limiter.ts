import { FlockError } from "@flock/errors";
import { TokenBuckets } from "./token-buckets.js";

/** What one account may ask of this process. */
export interface RequestLimits {
  readonly requestsPerMinute: number;
  /** Requests running at once. */
  readonly concurrency: number;
}

const ACCOUNTS_MAX = 20_000;
/** How soon one of an account's running requests may have ended. */
const RUNNING_RETRY_MS = 1_000;

/** How many requests an account begins per minute and has running at once, at this process. */
export class RequestLimiter {
  readonly #begun: TokenBuckets;
  /** By account; one that has none is not here. */
  readonly #running = new Map<string, number>();

  readonly #whom: string;

  /**
   * @param clock Monotonic milliseconds.
   * @param whom Whom it limits, in refusals: accounts, or others that have an id.
   */
  constructor(clock?: () => number, whom = "this account") {
    this.#whom = whom;
    this.#begun = new TokenBuckets(ACCOUNTS_MAX, clock);
  }

  /**
   * Lets a request of the account begin; the caller tells its end, once.
   * @throws FlockError `resource_exhausted` that says which limit and when to try again.
   */
  begin(accountId: string, { requestsPerMinute, concurrency }: RequestLimits): () => void {
    const running = this.#running.get(accountId) ?? 0;
    if (running >= concurrency)
      throw new FlockError(
        "resource_exhausted",
        `too many requests at once: ${concurrency} of ${this.#whom} may run, and do`,
        { retry: { afterMs: RUNNING_RETRY_MS }, details: { concurrency } },
      );
    const waitMs = this.#begun.take(accountId, requestsPerMinute);
    if (waitMs > 0)
      throw new FlockError(
        "resource_exhausted",
        `too many requests: ${this.#whom} may begin ${requestsPerMinute} per minute`,
        { retry: { afterMs: waitMs }, details: { requestsPerMinute } },
      );
    this.#running.set(accountId, running + 1);
    return () => this.#end(accountId);
  }

  #end(accountId: string): void {
    const running = (this.#running.get(accountId) ?? 0) - 1;
    if (running > 0) this.#running.set(accountId, running);
    else this.#running.delete(accountId);
  }
}
