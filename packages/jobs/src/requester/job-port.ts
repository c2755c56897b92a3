import type { JobFinished } from "@flock/proto/router";
import type { JobSink, JobSpec } from "./job.js";
import type { EndedJob } from "./job-result.js";
import type { RequesterOptions } from "./options.js";

/**
 * How a lease ended before its job. `lost`: the worker went silent. `stalled`: it reports, but its engine produces
 * nothing. `unreadable`: it sent what does not open with the lease's key, or offered a key that is none. `failed`: its
 * engine did. `returned`: it gave the job back. `shut_out`: it may have no jobs any more.
 * `unvouched`: it said that it is done, with nothing to show and no receipt that holds.
 */
export type LeaseEnd = "lost" | "stalled" | "unreadable" | "failed" | "returned" | "shut_out" | "unvouched";

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
  | { readonly kind: "engine_failed"; readonly isEngineAnswer: boolean }
  | { readonly kind: "foreign_receipt" };

/** What a job is made of. */
export interface ActiveJobOptions<Job> {
  readonly spec: JobSpec;
  readonly sink: JobSink;
  readonly port: JobPort<Job>;
  readonly limits: RequesterOptions;
  /** The address under which workers speak of this job. */
  readonly requesterId: string;
  readonly nowMs: number;
  readonly unixMs: number;
}
