import type { JobResult, JobTimings } from "@flock/jobs";

export const JOB_STATES = ["running", "completed", "failed", "cancelled"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Where the time of a request went, in milliseconds. */
export interface StoryTimings extends JobTimings {
  /** From the request's head to the end of its answer, or until now. */
  readonly totalMs: number;
}

/** What is kept of a job for a day. Ids, names and numbers: nothing of the prompt, nothing of the answer. */
export interface JobRecord {
  readonly id: string;
  readonly accountId: string;
  readonly keyId: string;
  /** Of the catalogue, with its tag. */
  readonly model: string;
  readonly traceId: string;
  readonly state: JobState;
  readonly createdUnixMs: number;
  /** Undefined as long as it runs. */
  readonly finishedUnixMs: number | undefined;
  /** If it is still said to run then, the process that ran it has died. */
  readonly lostUnixMs: number;
  /** Aliases of the workers that had it, in order. */
  readonly workers: readonly string[];
  /** How its prompt went to the last of them; undefined: to none. */
  readonly privacy: string | undefined;
  readonly timings: StoryTimings;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly completionTokensBound: JobResult["completionTokensBound"];
  readonly chargeMicro: bigint;
  readonly doneReason: string;
  readonly errorCode: string | undefined;
  /** Encoded SignedReceipt of the last worker, if there is one that vouches for the answer. */
  readonly receipt: Uint8Array | undefined;
  /** Its client wanted that nobody checks it. */
  readonly isOptedOut: boolean;
}

/** How many times another worker went on with it. */
export function resumesOf({ workers }: Pick<JobRecord, "workers">): number {
  return Math.max(0, workers.length - 1);
}
