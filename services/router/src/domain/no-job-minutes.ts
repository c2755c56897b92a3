import type { NoJobReason } from "@flock/proto/router";

const MINUTES = 60;
const MINUTE_MS = 60_000;
/** A timer may be early once in a while. */
const SECONDS_MAX = 61;
/** Reasons are numbered from 1. */
const REASONS_MAX = 16;

/** For how many seconds of the last hour a worker got no job, by reason: a ring of minutes, in one kilobyte. */
export class NoJobMinutes {
  readonly #seconds = new Uint8Array(MINUTES * REASONS_MAX);
  /** Of all minutes. */
  readonly #sums = new Uint16Array(REASONS_MAX);
  #minute = 0;

  /** Counts a second. */
  add(reason: NoJobReason, nowMs: number): void {
    this.#turnTo(nowMs);
    const at = (this.#minute % MINUTES) * REASONS_MAX + reason;
    const seconds = this.#seconds[at] ?? SECONDS_MAX;
    if (seconds >= SECONDS_MAX) return;
    this.#seconds[at] = seconds + 1;
    this.#sums[reason] = (this.#sums[reason] ?? 0) + 1;
  }

  /** Seconds by reason, without those of which there are none. */
  totals(nowMs: number): Map<NoJobReason, number> {
    this.#turnTo(nowMs);
    return new Map([...this.#sums.entries()].filter(([, seconds]) => seconds > 0));
  }

  /** Empties the minutes that have come since: they still have what was counted an hour before. */
  #turnTo(nowMs: number): void {
    const minute = Math.floor(nowMs / MINUTE_MS);
    for (let next = Math.max(this.#minute + 1, minute - MINUTES + 1); next <= minute; next += 1) {
      const begin = (next % MINUTES) * REASONS_MAX;
      for (let reason = 0; reason < REASONS_MAX; reason += 1) {
        this.#sums[reason] = (this.#sums[reason] ?? 0) - (this.#seconds[begin + reason] ?? 0);
        this.#seconds[begin + reason] = 0;
      }
    }
    this.#minute = Math.max(this.#minute, minute);
  }
}
