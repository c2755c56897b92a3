import { FlockError } from "@flock/errors";
import type { JobHandle, JobProgress, JobResult, JobSink } from "@flock/jobs";

/** Of a job that has not begun. */
export const NO_PROGRESS: JobProgress = {
  workerIds: [],
  timings: { queueMs: 0, claimMs: 0, prefillMs: 0, decodeMs: 0 },
};
const NOTHING: JobResult = {
  ...NO_PROGRESS,
  outcome: "cancelled",
  doneReason: "",
  promptTokens: 0,
  completionTokens: 0,
  completionTokensBound: "exact",
  loadDurationNs: 0,
  promptEvalDurationNs: 0,
  evalDurationNs: 0,
  embeddingsJson: new Uint8Array(),
  leases: 0,
  chargeMicro: 0n,
};

/** How a job ended that no worker has had. */
export function failedResult(error: FlockError): JobResult {
  return { ...NOTHING, outcome: "failed", error };
}

/** A job that ends instead of beginning. */
export function refusedJob(jobId: string, error: FlockError, sink: JobSink): JobHandle {
  const result = failedResult(error);
  sink.onEnd(result);
  sink.onClosed?.(result);
  return { jobId, progress: () => result, cancel: () => {}, fail: () => {} };
}

/**
 * A job that first waits to be allowed. Whoever has it in hand sees no difference: it can be cancelled at once, and a
 * refusal is its end.
 */
export class AllowedJob<Allowed extends { release(): void; end(tokens: number): void }> implements JobHandle {
  readonly jobId: string;
  readonly #sink: JobSink;
  #handle: JobHandle | undefined;
  /** How it ends instead of beginning. */
  #end: JobResult | undefined;

  /** @param begin Submits the job once it is allowed. */
  constructor(
    jobId: string,
    sink: JobSink,
    allowed: Promise<Allowed>,
    begin: (allowed: Allowed) => JobHandle,
  ) {
    this.jobId = jobId;
    this.#sink = sink;
    void this.#begin(allowed, begin);
  }

  progress(): JobProgress {
    return this.#handle?.progress() ?? NO_PROGRESS;
  }

  cancel(): void {
    if (this.#handle !== undefined) this.#handle.cancel();
    else this.#end ??= NOTHING;
  }

  fail(error: FlockError, options?: { readonly isFree?: boolean }): void {
    if (this.#handle !== undefined) this.#handle.fail(error, options);
    else this.#end ??= failedResult(error);
  }

  async #begin(allowed: Promise<Allowed>, begin: (allowed: Allowed) => JobHandle): Promise<void> {
    try {
      const allowance = await allowed;
      if (this.#end === undefined) this.#handle = begin(allowance);
      else {
        allowance.release();
        allowance.end(0);
      }
    } catch (thrown) {
      this.#end ??= failedResult(FlockError.from(thrown));
    }
    if (this.#end === undefined) return;
    this.#sink.onEnd(this.#end);
    this.#sink.onClosed?.(this.#end);
  }
}
