import { LRUCache } from "lru-cache";

interface Bucket {
  /** What may be taken now; refilled at the rate of the limit up to a minute's worth. */
  tokens: number;
  countedMs: number;
}

const MINUTE_MS = 60_000;

/**
 * Token buckets by key: who was quiet may take a minute's worth at once, then one whenever its share of the minute has
 * passed. Of this process alone: who spreads requests over several api processes gets as many times as much. Bounded:
 * the key that was not asked for longest is forgotten, which changes nothing if that was a minute ago, since its bucket
 * is full.
 */
export class TokenBuckets {
  readonly #buckets: LRUCache<string, Bucket>;
  readonly #clock: () => number;

  /** @param clock Monotonic milliseconds. */
  constructor(keysMax: number, clock: () => number = () => performance.now()) {
    this.#buckets = new LRUCache({ max: keysMax });
    this.#clock = clock;
  }

  /**
   * Takes one token, if there is one: then 0, else the milliseconds until there is. A rate that is another one than
   * before holds at once.
   */
  take(key: string, perMinute: number): number {
    const waitMs = this.waitMs(key, perMinute);
    if (waitMs === 0) this.#refilled(key, perMinute).tokens -= 1;
    return waitMs;
  }

  /** The milliseconds until there is a token: 0 if there is one. Takes none. */
  waitMs(key: string, perMinute: number): number {
    const { tokens } = this.#refilled(key, perMinute);
    return tokens < 1 ? Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute) : 0;
  }

  #refilled(key: string, perMinute: number): Bucket {
    const nowMs = this.#clock();
    const bucket = this.#buckets.get(key) ?? { tokens: perMinute, countedMs: nowMs };
    const refill = ((nowMs - bucket.countedMs) * perMinute) / MINUTE_MS;
    bucket.tokens = Math.min(perMinute, bucket.tokens + refill);
    bucket.countedMs = nowMs;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}
