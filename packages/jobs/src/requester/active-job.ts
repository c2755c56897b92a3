import type { FlockError } from "@flock/errors";
import { encode, type Resume, type SignedReceipt, Work } from "@flock/proto";
import { EngineFailures } from "./engine-failures.js";
import type { DeliveredChunk, JobResult, JobSink, JobSpec } from "./job.js";
import { JobState } from "./job-state.js";

/** How a job is meant to end, decided before its worker has confirmed. */
export interface Ending {
  readonly outcome: JobResult["outcome"];
  readonly doneReason: string;
  readonly error?: FlockError;
  /** The answer was no answer (a worker sent nonsense, another one could not go on): nothing is charged. */
  readonly isFree?: boolean;
  readonly decidedAtMs: number;
}

/** Durations that the last lease reported, in nanoseconds. */
export interface Durations {
  readonly loadDurationNs: number;
  readonly promptEvalDurationNs: number;
  readonly evalDurationNs: number;
}

const NO_DURATIONS: Durations = { loadDurationNs: 0, promptEvalDurationNs: 0, evalDurationNs: 0 };

/**
 * What the settlement event takes from the last lease: counts that were checked, and the receipt that vouches for them.
 */
export interface Charge {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly bound: JobResult["completionTokensBound"];
  readonly receipt: SignedReceipt;
}

/**
 * A job in the requester's hands: its state, its clocks, and the gate that keeps its answer back until the hold is
 * confirmed. Times are of the requester's monotonic clock.
 */
export class ActiveJob {
  readonly spec: JobSpec;
  readonly state: JobState;
  readonly startedUnixMs = Date.now();
  /** Router that keeps the job's place, once it has answered. */
  routerId: string | undefined;
  /** When the job is to be routed (again); undefined: not at all. */
  routeAtMs: number | undefined;
  /** Since when the job waits for a worker. */
  waitingSinceMs: number;
  grantedAtMs = 0;
  lastReportMs = 0;
  lastChunkMs = 0;
  ending: Ending | undefined;
  durations: Durations = NO_DURATIONS;
  readonly failures = new EngineFailures();
  /** `uncertain`: the ledger could not be asked in time, and may have the hold or not. */
  hold: "pending" | "granted" | "refused" | "uncertain" | "none";
  completionTokensMax: number;
  readonly #sink: JobSink;
  /** What waits for the hold; undefined once nothing has to wait. */
  #gated: { readonly chunks: DeliveredChunk[]; result: JobResult | undefined } | undefined;
  #isConcluded = false;
  #work: Uint8Array | undefined;

  constructor(spec: JobSpec, sink: JobSink, nowMs: number) {
    this.spec = spec;
    this.state = new JobState({ operation: spec.operation, resume: spec.resume });
    this.waitingSinceMs = nowMs;
    this.completionTokensMax = spec.completionTokensMax;
    this.hold = spec.hold === undefined ? "none" : "pending";
    this.#gated = spec.hold === undefined ? undefined : { chunks: [], result: undefined };
    this.#sink = sink;
  }

  /** Hands a chunk to the sink, at once or when the hold is confirmed. */
  deliver(chunk: DeliveredChunk): void {
    if (this.#gated === undefined) this.#sink.onChunk(chunk);
    else this.#gated.chunks.push(chunk);
  }

  /**
   * Tells the sink of the end: an error at once, a success not before the money is certain. An error that comes while a
   * success still waits takes its place; once the sink was told, nothing happens.
   */
  conclude(result: JobResult): void {
    if (result.outcome !== "completed") this.#gated = undefined;
    if (this.#gated === undefined) this.#end(result);
    else this.#gated.result = result;
  }

  /**
   * Lets out what waited for the hold, as far as the hold pays for it: an answer that was generated faster than the
   * ledger answered may be longer, and is cut where the money ends.
   */
  openGate(): void {
    const gated = this.#gated;
    if (gated === undefined) return;
    this.#gated = undefined;
    let tokens = 0;
    for (const chunk of gated.chunks) {
      if (tokens >= this.completionTokensMax) break;
      tokens += chunk.tokens;
      this.#sink.onChunk(chunk);
    }
    if (gated.result !== undefined) this.#end(gated.result);
  }

  /** The encoded Work for the next lease. */
  work(resume: Resume | undefined): Uint8Array {
    const { operation, requestJson, coalesce } = this.spec;
    if (resume !== undefined) return encode(Work, { operation, requestJson, coalesce, resume });
    this.#work ??= encode(Work, { operation, requestJson, coalesce, resume: undefined });
    return this.#work;
  }

  #end(result: JobResult): void {
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    this.#sink.onEnd(result);
  }
}
