/** How many completion tokens a job may have: as many as it asks for and its hold pays for. */
export class TokenLimit {
  readonly #asked: number;
  #max: number;

  /** @param isBegun The job goes on behind a text that others began: its worker is told a limit that counts it, too. */
  constructor(asked: number, isBegun = false) {
    this.#asked = isBegun ? Number.POSITIVE_INFINITY : asked;
    this.#max = asked;
  }

  get max(): number {
    return this.#max;
  }

  /** The hold pays for so many. */
  lower(max: number): void {
    this.#max = Math.min(this.#max, max);
  }

  /**
   * Whether the last `tokens` of `total` are not the client's any more: an engine may go on beyond the limit that it
   * was told. What stands for no token belongs to those before.
   */
  isBeyond(total: number, tokens: number): boolean {
    return tokens > 0 && total - tokens >= this.#max;
  }

  /**
   * Whether the job is to be ended. A worker that was told the same limit (num_predict) and has just reached it ends by
   * itself, with its receipt, in this very moment.
   */
  isReached(total: number): boolean {
    const endsByItself = this.#max === this.#asked && total <= this.#max;
    return total >= this.#max && !endsByItself;
  }
}
