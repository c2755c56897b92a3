import { hash } from "node:crypto";
import { microLlama } from "@flock/money";
import { decodeWire, EVENTS, isSubjectToken, MESSAGE_BYTES_MAX } from "@flock/proto";
import { type CompletedJob, InferenceCompleted, InferenceFailed } from "@flock/proto/events";
import type { Settle, Void } from "../domain/job-operations.js";

export type InferenceEvent =
  | {
      readonly kind: "ended_jobs";
      readonly operations: readonly (Settle | Void)[];
      /** W3C trace context of each operation's job, as the event has it. */
      readonly traceparents: readonly string[];
      /** Jobs of the event whose values cannot be. */
      readonly invalid: number;
    }
  /** A fact of inference that does not concern the ledger. */
  | { readonly kind: "other" }
  /** `reason` is a metric label. */
  | { readonly kind: "unreadable"; readonly reason: string };

const TEXT_LENGTH_MAX = 512;
const UNIX_MS_MAX = 8_640_000_000_000_000;

/** What an event under `evt.inference.` asks of the ledger. The bytes are not trusted. */
export function readInferenceEvent(subject: string, bytes: Uint8Array): InferenceEvent {
  if (subject === EVENTS.inferenceCompleted) return readCompleted(bytes);
  if (subject === EVENTS.inferenceFailed) return readFailed(bytes);
  return { kind: "other" };
}

function readCompleted(bytes: Uint8Array): InferenceEvent {
  const decoded = decodeWire(InferenceCompleted, bytes, MESSAGE_BYTES_MAX.event);
  if (!decoded.ok) return { kind: "unreadable", reason: decoded.reason };
  const { jobs, requesterId } = decoded.message;
  if (!isSubjectToken(requesterId)) return { kind: "unreadable", reason: "invalid_values" };
  return endedJobs(jobs, (job) => settleOf(job, requesterId));
}

function readFailed(bytes: Uint8Array): InferenceEvent {
  const decoded = decodeWire(InferenceFailed, bytes, MESSAGE_BYTES_MAX.event);
  if (!decoded.ok) return { kind: "unreadable", reason: decoded.reason };
  return endedJobs(decoded.message.jobs, ({ jobId }) =>
    isSubjectToken(jobId) ? { kind: "void", jobId } : undefined,
  );
}

/** Jobs that nobody pays for have no hold, and are none of the ledger's. */
function endedJobs<Job extends { readonly traceparent: string; readonly isFree: boolean }>(
  jobs: readonly Job[],
  operationOf: (job: Job) => Settle | Void | undefined,
): InferenceEvent {
  const operations: (Settle | Void)[] = [];
  const traceparents: string[] = [];
  const paid = jobs.filter(({ isFree }) => !isFree);
  for (const job of paid) {
    const operation = operationOf(job);
    if (operation === undefined) continue;
    operations.push(operation);
    traceparents.push(job.traceparent);
  }
  return { kind: "ended_jobs", operations, traceparents, invalid: paid.length - operations.length };
}

function settleOf(job: CompletedJob, requesterId: string): Settle | undefined {
  // Who is paid is the job's worker to the books, whoever did the work for it.
  const workerId = job.payeeId === "" ? job.workerId : job.payeeId;
  const areIds = [job.jobId, job.accountId, job.workerId, workerId].every(isSubjectToken);
  const areTexts = isPlainText(job.model) && isPlainText(job.modelDigest);
  const arePrices = job.promptPriceMicro >= 0n && job.completionPriceMicro >= 0n;
  const isTime = job.finishedUnixMs >= 0 && job.finishedUnixMs <= UNIX_MS_MAX;
  if (!areIds || !areTexts || !arePrices || !isTime) return undefined;
  const receipt = job.receipt?.receipt;
  return {
    kind: "settle",
    jobId: job.jobId,
    accountId: job.accountId,
    workerId,
    ...(workerId === job.workerId ? {} : { doneBy: job.workerId }),
    requesterId,
    model: job.model,
    modelDigest: job.modelDigest,
    promptTokens: BigInt(job.promptTokens),
    completionTokens: BigInt(job.completionTokens),
    promptPrice: microLlama(job.promptPriceMicro),
    completionPrice: microLlama(job.completionPriceMicro),
    finishedAtMs: job.finishedUnixMs,
    ...(receipt === undefined ? {} : { receiptHash: hash("sha256", receipt) }),
  };
}

/** Postgres keeps no NUL in text. */
function isPlainText(text: string): boolean {
  return text.length <= TEXT_LENGTH_MAX && !text.includes("\0");
}
