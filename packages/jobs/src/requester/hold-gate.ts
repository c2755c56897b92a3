import type { DeliveredChunk, JobResult, JobSink } from "./job.js";

/**
 * Keeps an answer from its caller until the hold that pays for it is granted, and what must be whole until it is. The
 * caller hears of one end, and of nothing after it.
 */
export class HoldGate {
  readonly #sink: JobSink;
  /** What waits for the hold; undefined once nothing has to wait. */
  #waiting: DeliveredChunk[] | undefined;
  /** What the caller gets when the answer is whole. */
  #kept: DeliveredChunk[] = [];
  #isEnded = false;
  #toldTokens = 0;

  constructor(sink: JobSink, isOpen: boolean) {
    this.#sink = sink;
    this.#waiting = isOpen ? undefined : [];
  }

  /** Completion tokens of what the caller was handed, at least. */
  get toldTokens(): number {
    return this.#toldTokens;
  }

  /** Hands a chunk on, at once or when the hold is granted. */
  chunk(chunk: DeliveredChunk): void {
    if (this.#waiting === undefined) this.#hand(chunk);
    else this.#waiting.push(chunk);
  }

  /** Keeps a chunk until the answer is whole. */
  keep(chunk: DeliveredChunk): void {
    this.#kept.push(chunk);
  }

  /** Its worker was lost: another one begins again. */
  forgetKept(): void {
    this.#kept = [];
  }

  /** The answer is whole: hands on what was kept, as far as the hold pays for it. */
  releaseKept(completionTokensMax: number): void {
    if (this.#waiting === undefined) this.#handPaid(this.#kept, completionTokensMax);
    else for (const chunk of this.#kept) this.#waiting.push(chunk);
    this.#kept = [];
  }

  /**
   * Tells of the end, unless that was told: an error at once, and nothing of a success before the money is certain.
   */
  end(result: JobResult): void {
    if (this.#waiting !== undefined && result.outcome === "completed") return;
    this.#waiting = undefined;
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#sink.onEnd(result);
  }

  /** Tells of the end, if that is still to be told, and behind it what is certain of the job. */
  close(result: JobResult): void {
    this.end(result);
    this.#sink.onClosed?.(result);
  }

  /**
   * Lets out what waited, as far as the hold pays for it: an answer that was generated faster than the ledger answered
   * may be longer, and is cut where the money ends.
   */
  open(completionTokensMax: number): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#handPaid(waiting, completionTokensMax);
  }

  /** Hands on the chunks that are paid for; what stands for no token belongs to those before it. */
  #handPaid(chunks: readonly DeliveredChunk[], completionTokensMax: number): void {
    for (const chunk of chunks) {
      if (chunk.tokens > 0 && this.#toldTokens >= completionTokensMax) return;
      this.#hand(chunk);
    }
  }

  #hand(chunk: DeliveredChunk): void {
    this.#toldTokens += chunk.tokens;
    this.#sink.onChunk(chunk);
  }
}
