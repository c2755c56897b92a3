import type { DeliveredChunk, JobResult, JobSink } from "./job.js";

/**
 * Keeps an answer from its caller until the hold that pays for it is granted, and what must be whole until it is. The
 * caller hears of one end, and of nothing after it.
 */
export class HoldGate {
  readonly #sink: JobSink;
  /** What waits for the hold; undefined once nothing has to wait. */
  #waiting: { readonly chunks: DeliveredChunk[]; result: JobResult | undefined } | undefined;
  /** What the caller gets when the answer is whole. */
  #kept: DeliveredChunk[] = [];
  #isEnded = false;
  /** What is certain of the job, until it is told. */
  #lastWord: JobResult | undefined;
  #toldTokens = 0;

  constructor(sink: JobSink, isOpen: boolean) {
    this.#sink = sink;
    this.#waiting = isOpen ? undefined : { chunks: [], result: undefined };
  }

  /** Completion tokens of what the caller was handed, at least. */
  get toldTokens(): number {
    return this.#toldTokens;
  }

  /** Hands a chunk on, at once or when the hold is granted. */
  chunk(chunk: DeliveredChunk): void {
    if (this.#waiting === undefined) this.#hand(chunk);
    else this.#waiting.chunks.push(chunk);
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
    for (const chunk of this.#kept)
      if (chunk.tokens === 0 || this.#toldTokens < completionTokensMax) this.chunk(chunk);
    this.#kept = [];
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
      this.#hand(chunk);
    }
    if (waiting.result !== undefined) this.#tell(waiting.result);
  }

  #hand(chunk: DeliveredChunk): void {
    this.#toldTokens += chunk.tokens;
    this.#sink.onChunk(chunk);
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
