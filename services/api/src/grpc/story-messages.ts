import type { JobResult } from "@flock/jobs";
import {
  CountBound,
  type Job,
  JobCheck,
  JobState,
  type Receipt,
  type Story,
  type Timings,
} from "@flock/proto/public";
import type { CheckedJob } from "../money/account-jobs.js";
import type { JobReceipt } from "../money/account-receipt.js";
import { type JobRecord, resumesOf, type StoryTimings } from "../stories/job-record.js";
import type { ToldStory } from "../stories/job-story.js";
import type { Check } from "../trust/trust-words.js";
import { durationOfNs, timestampOf } from "./proto-time.js";

/* What became of a request, in the messages of the public contract. */

export const COUNT_BOUNDS = {
  exact: CountBound.EXACT,
  lower: CountBound.LOWER,
  upper: CountBound.UPPER,
} as const satisfies Readonly<Record<JobResult["completionTokensBound"], CountBound>>;

const STATES = {
  running: JobState.RUNNING,
  completed: JobState.COMPLETED,
  failed: JobState.FAILED,
  cancelled: JobState.CANCELLED,
} as const satisfies Readonly<Record<JobRecord["state"], JobState>>;

/** Undefined if the request has become no job. */
export function storyOf(told: ToldStory | undefined): Story | undefined {
  if (told === undefined) return undefined;
  const { jobId, traceId, workers, privacy = "", resumes, chargeMicro, timings } = told;
  return {
    ...{ jobId, traceId, privacy, resumes, chargeMicro },
    workers: [...workers],
    timings: timingsOf(timings),
  };
}

const CHECKS = {
  not_drawn: JobCheck.NOT_DRAWN,
  open: JobCheck.OPEN,
  same: JobCheck.SAME,
  different: JobCheck.DIFFERENT,
  undetermined: JobCheck.UNDETERMINED,
  opted_out: JobCheck.OPTED_OUT,
} as const satisfies Readonly<Record<Check, JobCheck>>;

export function jobOf({ job: record, check }: CheckedJob): Job {
  const { id: jobId, traceId, workers, privacy = "", chargeMicro, timings } = record;
  return {
    story: {
      ...{ jobId, traceId, privacy },
      chargeMicro: record.state === "running" ? undefined : chargeMicro,
      workers: [...workers],
      resumes: resumesOf(record),
      timings: timingsOf(timings),
    },
    state: STATES[record.state],
    model: record.model,
    keyId: record.keyId,
    createdAt: timestampOf(record.createdUnixMs),
    finishedAt: timestampOf(record.finishedUnixMs ?? 0),
    promptTokens: BigInt(record.promptTokens),
    completionTokens: BigInt(record.completionTokens),
    completionTokensBound: COUNT_BOUNDS[record.completionTokensBound],
    doneReason: record.doneReason,
    errorCode: record.errorCode ?? "",
    check: check === undefined ? JobCheck.UNSPECIFIED : CHECKS[check],
  };
}

export function receiptOf({ encoded, outcome, receipt, signer, delegation }: JobReceipt): Receipt {
  return {
    signedReceipt: encoded,
    workerKey: receipt.workerId,
    jobId: receipt.jobId,
    lease: receipt.lease,
    requesterId: receipt.requesterId,
    model: receipt.model,
    modelDigest: receipt.modelDigest,
    outcome,
    promptTokens: BigInt(receipt.promptTokens),
    completionTokens: BigInt(receipt.completionTokens),
    resumedTokens: BigInt(receipt.resumedTokens),
    outputSha256: receipt.outputSha256,
    startedAt: timestampOf(receipt.startedUnixMs),
    firstTokenAt: timestampOf(receipt.firstTokenUnixMs),
    finishedAt: timestampOf(receipt.finishedUnixMs),
    payee: receipt.payeeId,
    signer,
    delegation: delegation && { text: delegation.text, signature: delegation.signature },
  };
}

function timingsOf({ queueMs, claimMs, prefillMs, decodeMs, totalMs }: StoryTimings): Timings {
  return {
    queue: durationOfMs(queueMs),
    claim: durationOfMs(claimMs),
    prefill: durationOfMs(prefillMs),
    decode: durationOfMs(decodeMs),
    total: durationOfMs(totalMs),
  };
}

function durationOfMs(milliseconds: number) {
  return durationOfNs(Math.round(milliseconds * 1e6));
}
