/** Weight of the newest job in the running mean. */
const NEWEST = 0.2;
/** Assumed until a model's first job has ended, milliseconds. */
const UNKNOWN_MS = 1_000;
const ETA_MAX_MS = 24 * 3_600_000;

/** How long a model's jobs take, as a running mean: what waiting times are estimated from. They never gate anything. */
export class ServiceTimes {
  readonly #meanMs = new Map<string, number>();

  /** `model` is a catalogue name, so there are not many. */
  record(model: string, serviceMs: number): void {
    const mean = this.#meanMs.get(model);
    this.#meanMs.set(model, mean === undefined ? serviceMs : mean + NEWEST * (serviceMs - mean));
  }

  /** When a job with `ahead` others before it will start, if `slots` serve the queue and all are taken now. */
  etaMs(model: string, ahead: number, slots: number): number {
    const mean = this.#meanMs.get(model) ?? UNKNOWN_MS;
    return Math.min(Math.round((mean * (ahead + 1)) / Math.max(slots, 1)), ETA_MAX_MS);
  }
}
