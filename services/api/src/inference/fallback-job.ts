import { FlockError } from "@flock/errors";
import type { JobHandle, JobProgress, JobResult, JobSink } from "@flock/jobs";
import { failedResult, NO_PROGRESS } from "./allowed-job.js";
import type { Candidates } from "./candidates.js";

/**
 * A job that goes on as another one, for the next model, when no worker is there for it. Whoever has it in hand sees
 * one job. Once a worker has had it, nothing else is tried: so at most one of them is charged.
 */
export class FallbackJob<Planned> implements JobHandle {
  readonly jobId: string;
  readonly #candidates: Candidates<Planned>;
  readonly #begin: (planned: Planned, sink: JobSink) => JobHandle;
  readonly #sink: JobSink;
  #handle: JobHandle | undefined;
  #tries = 0;

  /** @param begin Submits the job of a model. */
  constructor(
    jobId: string,
    candidates: Candidates<Planned>,
    begin: (planned: Planned, sink: JobSink) => JobHandle,
    sink: JobSink,
  ) {
    this.jobId = jobId;
    this.#candidates = candidates;
    this.#begin = begin;
    this.#sink = sink;
  }

  progress(): JobProgress {
    return this.#handle?.progress() ?? NO_PROGRESS;
  }

  cancel(): void {
    this.#handle?.cancel();
  }

  fail(error: FlockError, options?: { readonly isFree?: boolean }): void {
    this.#handle?.fail(error, options);
  }

  /** Begins with a model. */
  try(planned: Planned): this {
    this.#tries += 1;
    const own = this.#tries;
    const handle = this.#begin(planned, {
      onChunk: (chunk) => this.#sink.onChunk(chunk),
      onEnd: (result) => this.#onEnd(result),
    });
    // It may be over already, and the next one begun.
    if (own === this.#tries) this.#handle = handle;
    return this;
  }

  #onEnd(result: JobResult): void {
    if (result.isUnplaced !== true || result.error === undefined) return this.#sink.onEnd(result);
    this.#candidates.refuse(result.error);
    try {
      this.try(this.#candidates.next());
    } catch (thrown) {
      this.#sink.onEnd(failedResult(FlockError.from(thrown)));
    }
  }
}
