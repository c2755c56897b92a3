/** How an engine failed at a job. */
export interface EngineFailure {
  /** It had produced nothing. */
  readonly isFruitless: boolean;
  /** The engine's own answer to the request; absent if it did not answer (it crashed, hung, was away). */
  readonly reason?: string;
}

/**
 * Which engines failed at one job, and whose fault that is. One engine's failure proves nothing: a broken template
 * fails everywhere, a full graphics card only here. So nobody is blamed before the job has ended:
 *
 * - two engines (or one, asked twice) that answer with the same words before they produce anything: the request is at
 *   fault, and its client is told those words;
 * - another worker completes the job: the workers that failed it are at fault;
 * - else nobody is.
 */
export class EngineFailures {
  readonly #workerIds = new Set<string>();
  readonly #reasons = new Set<string>();
  #fruitless = 0;

  /** Failures that came before any output. */
  get fruitless(): number {
    return this.#fruitless;
  }

  /** Adds a failure. True if it shows that the request is at fault. */
  note(workerId: string, { isFruitless, reason }: EngineFailure): boolean {
    this.#workerIds.add(workerId);
    if (!isFruitless) return false;
    this.#fruitless += 1;
    if (reason === undefined || reason === "") return false;
    const isRepeated = this.#reasons.has(reason);
    this.#reasons.add(reason);
    return isRepeated;
  }

  /** The workers that failed, without the one that succeeded in the end. */
  workersOtherThan(workerId: string): string[] {
    return [...this.#workerIds].filter((failed) => failed !== workerId);
  }
}
