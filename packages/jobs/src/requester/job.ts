import type { FlockError } from "@flock/errors";
import type { Checking } from "@flock/proto/events";
import type { Operation, SignedReceipt } from "@flock/proto/jobs";
import type { PrivacyLabel } from "../content/privacy.js";
import type { BegunText } from "./begun-text.js";
import type { JobTimings } from "./job-timeline.js";
import type { Payer } from "./payer.js";

/** Bound of {@link JobSpec.excludedWorkerIds}: with the workers that fail a job, they fit into its ticket. */
export const EXCLUDED_WORKERS_MAX = 48;

/** What a requester is asked to have done. Ids and names are already validated by the caller. */
export interface JobSpec {
  /** UUID; the key of everything that happens to the job. */
  readonly jobId: string;
  /** Whose job it is: routers share workers fairly between accounts. */
  readonly accountId: string;
  /** API key that it came by, at most 64 characters: what its end is told with. Default: none. */
  readonly keyId?: string;
  /** Queue priority, 0 lowest. */
  readonly tier: number;
  readonly operation: Operation;
  /** Catalogue name with tag. */
  readonly model: string;
  /** Digest that the catalogue pins for the model; a worker with another one is refused. */
  readonly modelDigest: string;
  /** Micro-LLAMA per token, from the catalogue entry that the hold was computed with. */
  readonly promptPriceMicro: bigint;
  readonly completionPriceMicro: bigint;
  /** Size of the prompt in bytes; metadata for the router. */
  readonly promptBytes: number;
  /**
   * The job ends with done reason `length` after this many completion tokens, whatever the worker does; those of
   * {@link resumeFrom} are not among them.
   */
  readonly completionTokensMax: number;
  /** Unix ms. A job that has not ended by then is cancelled with `deadline_exceeded`. */
  readonly deadlineUnixMs: number;
  /** Ollama's own request body (generate, chat or embed) as JSON bytes; `model` as above, seed and num_predict set. */
  readonly requestJson: Uint8Array;
  /**
   * How a job goes on after its worker was lost in the middle. `continue`: the next worker continues what was
   * delivered; from the first tool call on nothing is delivered until the answer is whole. `whole`: the next worker
   * starts over, because nobody could go on in the middle; so nothing is delivered until the answer is whole.
   */
  readonly resume: "continue" | "whole";
  /**
   * The job goes on behind this text. Only what is new is delivered and costs completion tokens; the text itself is
   * charged as part of the prompt. `num_predict` in `requestJson` counts the text, too: at least `tokensMax` and
   * `completionTokensMax` together, or the worker may find nothing left to generate. Its leases look like those
   * behind a lost worker. Not for embed. Default: the answer begins at its beginning.
   */
  readonly resumeFrom?: BegunText;
  /** The client does not read chunk by chunk. */
  readonly coalesce: boolean;
  /**
   * The engine may say nothing for minutes while it works: a model that writes a tool call sends no line until the
   * call is whole. Default false.
   */
  readonly mayBeQuiet?: boolean;
  /**
   * For embed: whether these vectors (a JSON array) are what was asked for. A worker that sends others has failed, and
   * nothing is charged. Default: anything is.
   */
  readonly acceptsEmbeddings?: (embeddingsJson: Uint8Array) => boolean;
  /** W3C trace context of the client's request. */
  readonly traceparent: string;
  /**
   * Workers that never get the job, at most {@link EXCLUDED_WORKERS_MAX}, each a worker's id. Default: none.
   */
  readonly excludedWorkerIds?: readonly string[];
  /**
   * The only worker that gets the job. For runs of the protocol's own: a ticket that names one shows its worker that
   * the job is none of a client's. Default: any that is not excluded.
   */
  readonly onlyWorkerId?: string;
  /**
   * Asked of each worker that claims the job: for workers that are excluded and were not there to be named. Default:
   * all may have it.
   */
  readonly acceptsWorker?: (workerId: string) => boolean;
  /** The worker that gets the job if it is free now or very soon. Default: none. */
  readonly preferredWorkerId?: string;
  /**
   * The job ends with `unavailable` when it is expected to wait longer for its first worker, or has. Default: it waits
   * until its deadline.
   */
  readonly queueMaxMs?: number;
  /** Whether its client lets the verifier run it again. Default: it may be drawn. */
  readonly checking?: Checking;
  /** What is granted less privately is not granted. Default: `plaintext`. */
  readonly privacyMin?: PrivacyLabel;
  readonly payer: Payer;
}

/** Whether the job's caller wants that worker to have it. */
export function isFor({ onlyWorkerId, excludedWorkerIds = [] }: JobSpec, workerId: string): boolean {
  return (onlyWorkerId ?? workerId) === workerId && !excludedWorkerIds.includes(workerId);
}

/** A piece of the answer, in order, never repeated, whoever produced it. */
export interface DeliveredChunk {
  readonly text: string;
  readonly thinking: string;
  /** Completion tokens that this piece stands for. */
  readonly tokens: number;
  /** JSON array of Ollama logprob objects; empty if none. */
  readonly logprobsJson: Uint8Array;
  /** JSON array of Ollama tool calls; empty if none. */
  readonly toolCallsJson: Uint8Array;
}

/** A job's way through the network. */
export interface JobProgress {
  /** The workers that held its leases, in order; the last one has the job, or gave the answer's end. */
  readonly workerIds: readonly string[];
  /** How the prompt went to them, by the least private way; absent: to none. */
  readonly privacy?: PrivacyLabel;
  /** By the requester's own clock. */
  readonly timings: JobTimings;
}

/** How a job ended. */
export interface JobResult extends JobProgress {
  /** `completed`: the answer is whole. `cancelled`: the requester's caller asked. `failed`: see `error`. */
  readonly outcome: "completed" | "cancelled" | "failed";
  /** `stop` or `length` when completed, else empty. */
  readonly doneReason: string;
  /** Of the prompt, and of the text that the job went on behind. */
  readonly promptTokens: number;
  /** Of the whole job, over all its leases. */
  readonly completionTokens: number;
  /**
   * `exact`: as the engine counted. `lower`: the engine did not tell, and so many were generated at least. `upper`: it
   * told more than the output can stand for, and this is the most that is believed.
   */
  readonly completionTokensBound: "exact" | "lower" | "upper";
  /** Of the last lease, in nanoseconds. */
  readonly loadDurationNs: number;
  readonly promptEvalDurationNs: number;
  readonly evalDurationNs: number;
  /** For embed: the JSON array of vectors. */
  readonly embeddingsJson: Uint8Array;
  readonly error?: FlockError;
  /** No worker had it: its model has none for it, or none soon enough. Another model may do. */
  readonly isUnplaced?: true;
  /** Number of workers' leases that the job took. */
  readonly leases: number;
  /**
   * What the ledger is told to charge, whoever pays. Of an error that is told before its worker has confirmed: 0, and
   * the final amount comes with {@link JobSink.onClosed}.
   */
  readonly chargeMicro: bigint;
  /**
   * What the last worker has signed, if it has, and if that vouches for the very output that arrived. Also of an answer
   * that is not charged.
   */
  readonly receipt?: SignedReceipt;
}

/** Where a job's answer goes. Called synchronously, in order; each end exactly once. Must not throw. */
export interface JobSink {
  onChunk(chunk: DeliveredChunk): void;
  /** No chunk follows. */
  onEnd(result: JobResult): void;
  /** Nothing about the job changes any more: what is charged, and on whose word, is certain. Behind `onEnd`. */
  onClosed?(result: JobResult): void;
}

/** A job under way. */
export interface JobHandle {
  readonly jobId: string;
  /** How far it is. */
  progress(): JobProgress;
  /**
   * The client is gone or has had enough: cancels at the worker within one round trip. What was generated is charged.
   * The sink's `onEnd` still follows. No effect on a job that has ended.
   */
  cancel(): void;
  /**
   * Fails the job for a reason of the caller's: what was delivered until then is charged, and nothing if the client
   * does not read along ({@link JobSpec.coalesce}). `isFree`: it was no answer, and nothing is charged. Default false
   * (for example a client that reads too slowly).
   */
  fail(error: FlockError, options?: { readonly isFree?: boolean }): void;
}
