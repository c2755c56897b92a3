/** The two clocks that a service reads. Whatever time decides takes one, so that a test can stand at its edge. */
export interface Clock {
  /** Monotonic milliseconds: what durations and timeouts are measured with. */
  nowMs(): number;
  /** Wall clock, Unix milliseconds: what travels in messages, and what days and expiries are reckoned by. */
  unixMs(): number;
}

/** This machine's clocks. */
export const systemClock: Clock = { nowMs: () => performance.now(), unixMs: () => Date.now() };
