import type { DeliveredChunk, JobResult, JobSink } from "./job.js";

/**
 * Keeps an answer from its caller until the hold that pays for it is granted. The caller hears of one end, and of
 * nothing after it.
 */
export class HoldGate {
  readonly #sink: JobSink;
  /** What waits for the hold; undefined once nothing has to wait. */
  #waiting: { readonly chunks: DeliveredChunk[]; result: JobResult | undefined } | undefined;
  #isEnded = false;
  /** What is certain of the job, until it is told. */
  #lastWord: JobResult | undefined;

  constructor(sink: JobSink, isOpen: boolean) {
    this.#sink = sink;
    this.#waiting = isOpen ? undefined : { chunks: [], result: undefined };
  }

  /** Hands a chunk on, at once or when the hold is granted. */
  chunk(chunk: DeliveredChunk): void {
    if (this.#waiting === undefined) this.#sink.onChunk(chunk);
    else this.#waiting.chunks.push(chunk);
  }

  /**
   * Tells of the end: an error at once, a success not before the money is certain. An error that comes while a success
   * still waits takes its place; once the caller was told, nothing happens.
   */
  end(result: JobResult): void {
    if (result.outcome !== "completed") this.#waiting = undefined;
    if (this.#waiting === undefined) this.#tell(result);
    else this.#waiting.result = result;
  }

  /** Tells, behind the end, what is certain of the job. */
  close(result: JobResult): void {
    this.#lastWord = result;
    this.#tellLastWord();
  }

  /**
   * Lets out what waited, as far as the hold pays for it: an answer that was generated faster than the ledger answered
   * may be longer, and is cut where the money ends.
   */
  open(completionTokensMax: number): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    let tokens = 0;
    for (const chunk of waiting.chunks) {
      if (tokens >= completionTokensMax) break;
      tokens += chunk.tokens;
      this.#sink.onChunk(chunk);
    }
    if (waiting.result !== undefined) this.#tell(waiting.result);
  }

  #tell(result: JobResult): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#sink.onEnd(result);
    this.#tellLastWord();
  }

  #tellLastWord(): void {
    const result = this.#lastWord;
    if (!this.#isEnded || result === undefined) return;
    this.#lastWord = undefined;
    this.#sink.onClosed?.(result);
  }
}
