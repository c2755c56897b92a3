import { clientOf } from "../limits/client-address.js";
import { RequestLimiter } from "../limits/request-limiter.js";
import type { ApiMetrics } from "../metrics.js";

/** What a guest may have. */
export interface GuestTerms {
  /** Of each client address, of all guests behind it. */
  readonly requestsPerMinute: number;
  /** Likewise, running at once. */
  readonly streamsMax: number;
  /** Of one answer. */
  readonly completionTokensMax: number;
}

/** Keeps guests of one address from taking what is there for all guests. Of this process alone. */
export class GuestLimits {
  readonly #limiter: RequestLimiter;

  /** @param clock Monotonic milliseconds. */
  constructor(
    readonly terms: GuestTerms,
    private readonly metrics: Pick<ApiMetrics, "guestRequest">,
    clock?: () => number,
  ) {
    this.#limiter = new RequestLimiter(clock, "guests at your address");
  }

  /**
   * Lets a request of a guest begin; the caller tells its end.
   * @throws FlockError `resource_exhausted` that says which limit and when to try again.
   */
  begin(address: string): () => void {
    const { requestsPerMinute, streamsMax: concurrency } = this.terms;
    try {
      const end = this.#limiter.begin(clientOf(address), { requestsPerMinute, concurrency });
      this.metrics.guestRequest("begun");
      return end;
    } catch (refusal) {
      this.metrics.guestRequest("refused");
      throw refusal;
    }
  }
}
