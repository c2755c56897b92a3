/**
 * Text that a run is expected to write once more before it goes on: it was delivered already, and is not delivered
 * again.
 */
export class RepeatedText {
  #rest: string;

  constructor(expected: string) {
    this.#rest = expected;
  }

  /** True while something of the expected text is still to come. */
  get isPending(): boolean {
    return this.#rest !== "";
  }

  /** What of `text` goes beyond the expected text; undefined if it is another text. */
  beyond(text: string): string | undefined {
    const length = Math.min(text.length, this.#rest.length);
    if (text.slice(0, length) !== this.#rest.slice(0, length)) return undefined;
    this.#rest = this.#rest.slice(length);
    return text.slice(length);
  }
}
