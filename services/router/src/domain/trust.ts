/** Leases at once of a worker that has not done any job yet … */
const UNTRIED_LEASES_MAX = 8;
/** … and of one that has lost a lease, until it has done a job again. */
const LOST_LEASES_MAX = 1;
/**
 * What a worker that has done jobs may lose of the leases that it runs, until it does the next one: where a thousand
 * begin at once on a busy machine, some grants come too late, and it runs all others.
 */
const LOST_PART_MAX = 1 / 4;
/** A lease has ended that neither its requester ends nor its worker lists for this long. */
const FORGET_MS = 10_000;

/**
 * How many jobs a worker may have at once by what it has done so far. Slots are its own word, and a lost job costs its
 * client seconds: who takes jobs and never answers is to cost few clients that. A worker that does its jobs never feels
 * it after the first one.
 *
 * It belongs to the worker's identity, and so do the leases that it counts: to come again, or to say that it runs
 * nothing, gives a worker no further ones.
 */
export class Trust {
  #leasesMax = UNTRIED_LEASES_MAX;
  /** Since its last success, while it was trusted. */
  #losses = 0;
  /** Of one that is not trusted: leases that have not ended, and when they were heard of last. */
  readonly #open = new Map<string, number>();

  /** The last one that was granted after a loss. */
  #probe: string | undefined;

  granted(lease: string, nowMs: number): void {
    if (!this.#isFull) this.#open.set(lease, nowMs);
    if (this.#leasesMax === LOST_LEASES_MAX) this.#probe = lease;
  }

  /** The worker says that it runs it. */
  listed(lease: string, nowMs: number): void {
    if (this.#open.has(lease)) this.#open.set(lease, nowMs);
  }

  ended(lease: string): void {
    this.#open.delete(lease);
  }

  succeed(): void {
    this.#leasesMax = Number.POSITIVE_INFINITY;
    this.#losses = 0;
    this.#open.clear();
  }

  /**
   * True if this lease was granted after another loss: the worker has failed again, whatever happened to both.
   * @param running How many others it was granted and runs, whatever else it says that it runs.
   */
  lose(lease: string | undefined, running: number): boolean {
    this.#losses += 1;
    if (this.#isFull && this.#losses <= running * LOST_PART_MAX) return false;
    this.#leasesMax = LOST_LEASES_MAX;
    const isProbe = lease !== undefined && lease === this.#probe;
    if (isProbe) this.#probe = undefined;
    return isProbe;
  }

  /** How many further leases it may have now. */
  left(nowMs: number): number {
    for (const [lease, heardMs] of this.#open) if (nowMs - heardMs > FORGET_MS) this.#open.delete(lease);
    return Math.max(0, this.#leasesMax - this.#open.size);
  }

  get #isFull(): boolean {
    return this.#leasesMax === Number.POSITIVE_INFINITY;
  }
}
