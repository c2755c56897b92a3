import type { JobHandle, JobProgress, JobResult } from "@flock/jobs";
import { encode } from "@flock/proto";
import { SignedReceipt } from "@flock/proto/jobs";
import { NO_PROGRESS } from "../inference/allowed-job.js";
import type { WorkerAliases } from "../workers/worker-alias.js";
import { type JobRecord, resumesOf, type StoryTimings } from "./job-record.js";

/** A worker's word, of which so much is kept. */
const DONE_REASON_LENGTH_MAX = 64;

/** What is known of a job from its beginning. */
export interface StoryHead
  extends Pick<JobRecord, "accountId" | "keyId" | "model" | "traceId" | "isOptedOut"> {
  readonly jobId: string;
  /** When the head of its request was read, on the monotonic clock. */
  readonly startedMs: number;
  readonly createdUnixMs: number;
  readonly lostUnixMs: number;
}

/** What a client is told of its job beside the answer. */
export interface ToldStory {
  readonly jobId: string;
  readonly traceId: string;
  /** Alias of the worker that has the job, or gave the answer's end; undefined: none yet. */
  readonly worker: string | undefined;
  /** Of all workers that had it, in order. */
  readonly workers: readonly string[];
  readonly privacy: string | undefined;
  readonly resumes: number;
  readonly timings: StoryTimings;
  /** Whether the answer is over: until then the last stage goes on. */
  readonly isEnded: boolean;
  /** Undefined as long as it is not certain. */
  readonly chargeMicro: bigint | undefined;
}

/**
 * The story of one job, from its request to the last word on it. Everything in it was measured here or is of the
 * network's own making; of its worker nothing is believed but what the requester has checked.
 */
export class JobStory {
  readonly #head: StoryHead;
  readonly #aliases: WorkerAliases;
  #job: Pick<JobHandle, "progress"> | undefined;
  #result: Omit<JobResult, "embeddingsJson" | "receipt"> | undefined;
  /** Encoded. */
  #receipt: Uint8Array | undefined;
  #totalMs = 0;
  #closedUnixMs: number | undefined;

  constructor(head: StoryHead, aliases: WorkerAliases) {
    this.#head = head;
    this.#aliases = aliases;
  }

  get jobId(): string {
    return this.#head.jobId;
  }

  get accountId(): string {
    return this.#head.accountId;
  }

  get traceId(): string {
    return this.#head.traceId;
  }

  get startedMs(): number {
    return this.#head.startedMs;
  }

  get isClosed(): boolean {
    return this.#closedUnixMs !== undefined;
  }

  /** The job that it tells of is under way. */
  follow(job: Pick<JobHandle, "progress">): void {
    this.#job = job;
  }

  /** The answer is over. */
  ended(result: JobResult): void {
    this.#result = result;
    this.#totalMs = performance.now() - this.#head.startedMs;
  }

  /** Nothing about the job changes any more. */
  closed(result: JobResult, unixMs: number): void {
    // It may wait for the database: without the answer, and without the message that the receipt is a part of.
    const { embeddingsJson: _answer, receipt, ...kept } = result;
    this.#result = kept;
    this.#receipt = receipt && encode(SignedReceipt, receipt);
    this.#job = undefined;
    this.#closedUnixMs = unixMs;
  }

  told(): ToldStory {
    const { jobId, traceId } = this.#head;
    const progress = this.#progress();
    const workers = this.#workersOf(progress);
    const result = this.#result;
    const isChargeCertain = this.isClosed || result?.outcome === "completed";
    return {
      jobId,
      traceId,
      worker: workers.at(-1),
      workers,
      privacy: progress.privacy,
      resumes: resumesOf({ workers }),
      timings: this.#timingsOf(progress),
      isEnded: result !== undefined,
      chargeMicro: isChargeCertain ? result?.chargeMicro : undefined,
    };
  }

  /** As it is kept. It is running until it is closed: an error may be told before it is certain what is charged. */
  record(): JobRecord {
    const head = this.#head;
    const progress = this.#progress();
    const result = this.isClosed ? this.#result : undefined;
    // Member by member: of a large object that begins with a spread one, V8 makes a slow one, for tens of microseconds.
    return {
      id: head.jobId,
      accountId: head.accountId,
      keyId: head.keyId,
      model: head.model,
      traceId: head.traceId,
      state: result?.outcome ?? "running",
      createdUnixMs: head.createdUnixMs,
      finishedUnixMs: this.#closedUnixMs,
      lostUnixMs: head.lostUnixMs,
      workers: this.#workersOf(progress),
      privacy: progress.privacy,
      timings: this.#timingsOf(progress),
      promptTokens: result?.promptTokens ?? 0,
      completionTokens: result?.completionTokens ?? 0,
      completionTokensBound: result?.completionTokensBound ?? "lower",
      chargeMicro: result?.chargeMicro ?? 0n,
      doneReason: printable(result?.doneReason ?? ""),
      errorCode: result?.error?.code,
      isOptedOut: head.isOptedOut,
      receipt: this.#receipt,
    };
  }

  #progress(): JobProgress {
    return this.#result ?? this.#job?.progress() ?? NO_PROGRESS;
  }

  #workersOf({ workerIds }: JobProgress): string[] {
    return workerIds.map((workerId) => this.#aliases.aliasOf(this.#head.accountId, workerId));
  }

  #timingsOf({ timings }: JobProgress): StoryTimings {
    const totalMs = this.#result === undefined ? performance.now() - this.#head.startedMs : this.#totalMs;
    return {
      queueMs: toMicroseconds(timings.queueMs),
      claimMs: toMicroseconds(timings.claimMs),
      prefillMs: toMicroseconds(timings.prefillMs),
      decodeMs: toMicroseconds(timings.decodeMs),
      totalMs: toMicroseconds(totalMs),
    };
  }
}

function toMicroseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1_000) / 1_000;
}

/** What a worker says may be anything; a database does not take all of it. */
function printable(text: string): string {
  return text.slice(0, DONE_REASON_LENGTH_MAX).replaceAll(/[^\x20-\x7e]/g, "?");
}
