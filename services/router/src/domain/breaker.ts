/** Numbers of the breakers; all durations in milliseconds. */
export interface BreakerLimits {
  /** Failures in a row that open a closed breaker. */
  readonly failuresMax: number;
  /** How long it stays open the first time; doubled each time that a probe fails. */
  readonly openMinMs: number;
  readonly openMaxMs: number;
  /** Losses reported this close together are one incident: a worker that dies with 20 jobs has failed once. */
  readonly lossWindowMs: number;
}

export type BreakerState = "closed" | "open" | "half-open";

/**
 * Keeps jobs away from a worker that fails them. It belongs to the worker's identity, so neither a new connection nor a
 * new process resets it.
 *
 * - `closed`: jobs flow. `failuresMax` failures in a row → `open`; any success starts the count again.
 * - `open`: no jobs, for `openMinMs`, doubled with each reopening up to `openMaxMs`; then `half-open`. Results of
 *   earlier jobs no longer count.
 * - `half-open`: one job at a time, as a probe. Success → `closed`; failure or loss → `open`.
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  #failures = 0;
  #timesOpened = 0;
  /** Undefined while closed. */
  #openUntilMs: number | undefined;
  #lostAtMs = Number.NEGATIVE_INFINITY;
  /** On probation since the beginning, and not tried yet. */
  #isUntried = false;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  state(nowMs: number): BreakerState {
    if (this.#openUntilMs === undefined) return "closed";
    return nowMs < this.#openUntilMs ? "open" : "half-open";
  }

  /** How long it stays open from now on; 0 unless open. */
  openForMs(nowMs: number): number {
    return Math.max(0, (this.#openUntilMs ?? nowMs) - nowMs);
  }

  /** True if nothing is held against the worker: the breaker may be forgotten. */
  get isClean(): boolean {
    return this.#isUntried || (this.#openUntilMs === undefined && this.#failures === 0);
  }

  succeed(nowMs: number): void {
    if (this.state(nowMs) === "open") return;
    this.#isUntried = false;
    this.#failures = 0;
    this.#timesOpened = 0;
    this.#openUntilMs = undefined;
  }

  /** True if this failure opened the breaker. */
  fail(nowMs: number): boolean {
    const state = this.state(nowMs);
    if (state === "open") return false;
    this.#isUntried = false;
    this.#failures += 1;
    if (state === "closed" && this.#failures < this.#limits.failuresMax) return false;
    const openMs = this.#limits.openMinMs * 2 ** Math.min(this.#timesOpened, 30);
    this.#openUntilMs = nowMs + Math.min(openMs, this.#limits.openMaxMs);
    this.#timesOpened += 1;
    return true;
  }

  /** The worker went silent. True if that opened the breaker. */
  lose(nowMs: number): boolean {
    const isSameIncident = nowMs - this.#lostAtMs < this.#limits.lossWindowMs;
    if (isSameIncident && this.state(nowMs) !== "half-open") return false;
    this.#lostAtMs = nowMs;
    return this.fail(nowMs);
  }

  /** Begins as half-open, though nothing is held against the worker: it has to do one job first. */
  beginProbation(nowMs: number): void {
    this.suspect(nowMs);
    this.#isUntried = true;
  }

  /** Begins as half-open: what a restarted router assumes of a worker whose breaker was not closed. */
  suspect(nowMs: number): void {
    this.#failures = this.#limits.failuresMax;
    this.#timesOpened = 1;
    this.#openUntilMs = nowMs;
  }
}
