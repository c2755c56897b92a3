import { type BucketSize, TokenBucket } from "@flock/mesh";
import { LRUCache } from "lru-cache";

const MINUTE_SECONDS = 60;

/**
 * Token buckets by key: who was quiet may take a minute's worth at once, then one whenever its share of the minute has
 * passed. Of this process alone: who spreads requests over several api processes gets as many times as much. Bounded:
 * the key that was not asked for longest is forgotten, which changes nothing if that was a minute ago, since its bucket
 * is full.
 */
export class TokenBuckets {
  readonly #buckets: LRUCache<string, TokenBucket>;
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
    return Math.ceil(this.#bucket(key).take(sizeOf(perMinute), this.#clock()));
  }

  /** The milliseconds until there is a token: 0 if there is one. Takes none. */
  waitMs(key: string, perMinute: number): number {
    return Math.ceil(this.#bucket(key).waitMs(sizeOf(perMinute), this.#clock()));
  }

  #bucket(key: string): TokenBucket {
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket();
      this.#buckets.set(key, bucket);
    }
    return bucket;
  }
}

function sizeOf(perMinute: number): BucketSize {
  return { burst: perMinute, perSecond: perMinute / MINUTE_SECONDS };
}
