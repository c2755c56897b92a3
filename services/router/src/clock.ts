/** The two clocks that the router reads. */
export interface Clock {
  /** Monotonic milliseconds: what durations and timeouts are measured with. */
  nowMs(): number;
  /** Wall clock, Unix milliseconds: what travels in messages. */
  unixMs(): number;
}

export const systemClock: Clock = { nowMs: () => performance.now(), unixMs: () => Date.now() };
