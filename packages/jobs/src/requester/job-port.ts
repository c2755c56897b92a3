import type { JobFinished } from "@flock/proto/router";
import type { EndedJob } from "./job-result.js";

/**
 * How a lease ended before its job. `lost`: the worker went silent. `stalled`: it reports, but its engine produces
 * nothing. `failed`: its engine did. `returned`: it gave the job back.
 */
export type LeaseEnd = "lost" | "stalled" | "failed" | "returned";

/** What a `Job` has its requester do. */
export interface JobPort<Job> {
  /** True if what is missing at this moment may have been lost with the connection: no worker is to blame for it. */
  isBlameless(nowMs: number): boolean;
  /** Have the job routed, again if it was before. */
  route(job: Job): void;
  /** Tell the holder of its live lease to stop. */
  stop(job: Job): void;
  /** Tell the router that a lease has ended, or that a waiting job was given up. */
  finished(job: Job, update: JobFinished): void;
  /** The job has ended, and its hold is decided: tell the ledger. The last that is heard of a job. */
  ended(job: Job, end: EndedJob): void;
  /** For those who watch. */
  noted(job: Job, what: JobNote): void;
}

export type JobNote =
  | { readonly kind: "lease_ended"; readonly how: LeaseEnd; readonly isBlameless: boolean }
  | { readonly kind: "engine_failed"; readonly reason: string }
  | { readonly kind: "foreign_receipt" };
