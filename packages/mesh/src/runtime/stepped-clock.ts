import type { Clock } from "./clock.js";

/** A clock for tests: it stands still until it is moved. */
export class SteppedClock implements Clock {
  /** Not zero, where no running clock ever is: lru-cache takes that for no time at all. */
  #nowMs = 1;
  #unixMs: number;

  /** @param unixMs What the wall clock shows first; default: the present. */
  constructor(unixMs: number = Date.now()) {
    this.#unixMs = unixMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  unixMs(): number {
    return this.#unixMs;
  }

  /** Lets time pass, on both clocks. */
  step(durationMs: number): void {
    this.#nowMs += durationMs;
    this.#unixMs += durationMs;
  }

  /** Sets the wall clock alone, as an operator or NTP may. */
  setUnixMs(unixMs: number): void {
    this.#unixMs = unixMs;
  }
}
