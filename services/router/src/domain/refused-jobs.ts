import type { Refusal } from "./admission.js";

/** Longer than a requester goes without renewing. */
const MEMORY_MS = 10_000;
const JOBS_MAX = 20_000;

/** Jobs that left the queue for good, until their requesters ask for them. */
export class RefusedJobs {
  readonly #refusals = new Map<string, { refusal: Refusal; atMs: number }>();

  add(jobId: string, refusal: Refusal, nowMs: number): void {
    for (const [oldest, { atMs }] of this.#refusals) {
      if (nowMs - atMs <= MEMORY_MS && this.#refusals.size < JOBS_MAX) break;
      this.#refusals.delete(oldest);
    }
    this.#refusals.set(jobId, { refusal, atMs: nowMs });
  }

  find(jobId: string): Refusal | undefined {
    return this.#refusals.get(jobId)?.refusal;
  }
}
