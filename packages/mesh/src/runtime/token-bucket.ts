/** How many one may take at once, and how fast they come back. */
export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** What sums of fractions may lack of a whole token, and it counts as one all the same. */
const ROUNDING = 1e-9;

/** Tokens that come back with time, up to `burst`: full at the beginning. */
export class TokenBucket {
  #tokens = Number.POSITIVE_INFINITY;
  #atMs = 0;

  /** How many there are now. The size may have changed since it was asked last. */
  level({ burst, perSecond }: BucketSize, nowMs: number): number {
    const seconds = Math.max(0, nowMs - this.#atMs) / 1_000;
    this.#tokens = Math.min(burst, this.#tokens + seconds * perSecond);
    this.#atMs = nowMs;
    return this.#tokens;
  }

  /** 0: there is one. Else after how many milliseconds there is. */
  waitMs(size: BucketSize, nowMs: number): number {
    const level = this.level(size, nowMs);
    return level < 1 - ROUNDING ? ((1 - level) / size.perSecond) * 1_000 : 0;
  }

  /** 0: one was taken. Else as {@link waitMs}. */
  take(size: BucketSize, nowMs: number): number {
    const waitMs = this.waitMs(size, nowMs);
    if (waitMs === 0) this.#tokens -= 1;
    return waitMs;
  }

  /** One comes back before its time; never more than there may be. */
  giveBack(): void {
    this.#tokens += 1;
  }
}
