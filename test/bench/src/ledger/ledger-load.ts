import { setTimeout as sleep } from "node:timers/promises";
import { EventPublisher, type Mesh } from "@flock/mesh";
import { feesOf, type JobSpread, LoadJobs, quantile } from "./load-jobs.js";

export interface LedgerLoad extends JobSpread {
  /** Hold-and-settle pairs in all. */
  readonly pairs: number;
  /** Callers that each wait for their hold before the next; default 512. */
  readonly callers?: number;
}

export interface LedgerSpeed {
  readonly pairs: number;
  /** From the first hold to the last committed settlement. */
  readonly durationMs: number;
  readonly pairsPerSecond: number;
  /** Of the hold calls, as their callers saw them, in milliseconds. */
  readonly holdP50Ms: number;
  readonly holdP99Ms: number;
}

const POLL_MS = 20;

/**
 * Loads a running ledger as the mesh does: each caller makes a hold by service call, then the job has ended, and
 * an `evt.inference.completed` tells of it. It is over when the last job is settled, which it sees in the fees that
 * arrived.
 */
export async function driveLedger(mesh: Mesh, load: LedgerLoad): Promise<LedgerSpeed> {
  const { pairs, callers = 512 } = load;
  const jobs = new LoadJobs(mesh, load);
  await jobs.fund(pairs);
  const feesBefore = await jobs.fees();
  const latenciesMs: number[] = [];
  const tell = jobs.ends(new EventPublisher(mesh));
  let next = 0;

  async function caller(): Promise<void> {
    for (let job = next++; job < pairs; job = next++) {
      const startedMs = performance.now();
      await jobs.hold(job);
      latenciesMs.push(performance.now() - startedMs);
      tell(jobs.completed(job));
    }
  }

  const startedMs = performance.now();
  await Promise.all(Array.from({ length: callers }, caller));
  while ((await jobs.fees()) < feesBefore + feesOf(pairs)) await sleep(POLL_MS);
  const durationMs = performance.now() - startedMs;
  return {
    pairs,
    durationMs,
    pairsPerSecond: (pairs * 1_000) / durationMs,
    holdP50Ms: quantile(latenciesMs, 0.5),
    holdP99Ms: quantile(latenciesMs, 0.99),
  };
}
