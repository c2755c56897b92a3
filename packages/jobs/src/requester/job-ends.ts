import { type EventPublisher, Outbox, type OutboxOptions } from "@flock/mesh";
import { EVENTS, PROTOCOL_VERSION } from "@flock/proto";
import { type CompletedJob, type FailedJob, InferenceCompleted, InferenceFailed } from "@flock/proto/events";

/**
 * Jobs that end this soon after the ones told of before are told of together. Nobody waits for it: the client has its
 * answer, and the ledger has the hold.
 */
const GATHER: OutboxOptions = { gatherMs: 10, itemsMax: 64 };
/** Of the jobs of one event: below the bound of the stream, with room for the frame around them. */
const JOBS_BYTES_MAX = 60 * 1024;
/** A job's ids, counts and signature, all of bounded length. */
const JOB_BYTES_MAX = 1_024;
/** Of one UTF-16 unit in UTF-8, at most. */
const CHARACTER_BYTES_MAX = 3;

/**
 * Tells the ledger which jobs of a requester have ended. Much of what a message costs the stream and the ledger does
 * not depend on how many jobs are in it, so what ends within some milliseconds goes together; the first one after a
 * pause leaves at once.
 */
export class JobEnds {
  readonly #events: Pick<EventPublisher, "publish" | "flush">;
  /** The name that ends are told under. */
  readonly requesterId: string;
  readonly #completed = new Outbox<CompletedJob>((jobs) => this.#tellCompleted(jobs), GATHER);
  readonly #failed = new Outbox<FailedJob>((jobs) => this.#tellFailed(jobs), GATHER);
  #told = 0;

  constructor(events: Pick<EventPublisher, "publish" | "flush">, requesterId: string) {
    this.#events = events;
    this.requesterId = requesterId;
  }

  /** A job that ended with something to charge. */
  completed(job: CompletedJob): void {
    this.#completed.add(job);
  }

  /** A job that ended with nothing to charge: its hold is released. */
  failed(job: FailedJob): void {
    this.#failed.add(job);
  }

  /** Waits until the stream has everything, or did not take it in time. */
  async flush(): Promise<void> {
    this.#completed.flush();
    this.#failed.flush();
    await this.#events.flush();
  }

  #tellCompleted(ended: readonly CompletedJob[]): void {
    const bytesOf = ({ model, modelDigest, receipt }: CompletedJob) =>
      JOB_BYTES_MAX +
      CHARACTER_BYTES_MAX * (model.length + modelDigest.length) +
      (receipt?.receipt.length ?? 0);
    for (const jobs of parts(ended, bytesOf)) {
      const event = { version: PROTOCOL_VERSION, requesterId: this.requesterId, jobs };
      void this.#events.publish(EVENTS.inferenceCompleted, this.#messageId(), InferenceCompleted, event);
    }
  }

  #tellFailed(ended: readonly FailedJob[]): void {
    for (const jobs of parts(ended, ({ model }) => JOB_BYTES_MAX + CHARACTER_BYTES_MAX * model.length)) {
      const event = { version: PROTOCOL_VERSION, requesterId: this.requesterId, jobs };
      void this.#events.publish(EVENTS.inferenceFailed, this.#messageId(), InferenceFailed, event);
    }
  }

  #messageId(): string {
    this.#told += 1;
    return `${this.requesterId}-${this.#told}`;
  }
}

/** Cuts what was gathered into what one event can hold. */
function parts<T>(jobs: readonly T[], bytesOf: (job: T) => number): T[][] {
  const parts: T[][] = [];
  let bytes = JOBS_BYTES_MAX;
  for (const job of jobs) {
    const size = bytesOf(job);
    if (bytes + size > JOBS_BYTES_MAX) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(job);
    bytes += size;
  }
  return parts;
}
