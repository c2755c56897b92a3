/** How long a job was in each of its stages, in milliseconds, over all of its leases. */
export interface JobTimings {
  /** In the router's queue, until a ticket for it was published. */
  readonly queueMs: number;
  /** From then on until a worker claimed it. */
  readonly claimMs: number;
  /** With a worker that had not produced anything yet: loading the model, reading the prompt. */
  readonly prefillMs: number;
  /** With a worker that had begun to answer. */
  readonly decodeMs: number;
}

type Stage = "waiting" | "prefill" | "decode" | "over";

/**
 * Adds up where the time of a job goes. A job is in one stage at each moment, so the stages together are all of its
 * time. Pure: times come in as arguments, of one monotonic clock.
 */
export class JobTimeline {
  #stage: Stage = "waiting";
  #sinceMs: number;
  #queueMs = 0;
  #claimMs = 0;
  #prefillMs = 0;
  #decodeMs = 0;

  constructor(nowMs: number) {
    this.#sinceMs = nowMs;
  }

  /**
   * A worker has the job.
   * @param queuedMs What of the wait was before the ticket: a worker's word, so no more than the wait is believed.
   */
  claimed(nowMs: number, queuedMs: number): void {
    const waitedMs = nowMs - this.#sinceMs;
    const claimMs = Math.max(0, waitedMs - queuedMs);
    this.#claimMs += claimMs;
    // What is left is the queue's.
    this.#sinceMs += claimMs;
    this.#enter("prefill", nowMs);
  }

  /** The worker has produced something. */
  produced(nowMs: number): void {
    if (this.#stage === "prefill") this.#enter("decode", nowMs);
  }

  /** The worker has lost the job, which waits for another. */
  released(nowMs: number): void {
    this.#enter("waiting", nowMs);
  }

  ended(nowMs: number): void {
    this.#enter("over", nowMs);
  }

  /** So far. A wait that goes on counts as the queue's. */
  timings(nowMs: number): JobTimings {
    const openMs = nowMs - this.#sinceMs;
    const openIn = (stage: Stage): number => (this.#stage === stage ? openMs : 0);
    return {
      queueMs: this.#queueMs + openIn("waiting"),
      claimMs: this.#claimMs,
      prefillMs: this.#prefillMs + openIn("prefill"),
      decodeMs: this.#decodeMs + openIn("decode"),
    };
  }

  #enter(stage: Stage, nowMs: number): void {
    const spentMs = nowMs - this.#sinceMs;
    if (this.#stage === "waiting") this.#queueMs += spentMs;
    if (this.#stage === "prefill") this.#prefillMs += spentMs;
    if (this.#stage === "decode") this.#decodeMs += spentMs;
    this.#stage = stage;
    this.#sinceMs = nowMs;
  }
}
