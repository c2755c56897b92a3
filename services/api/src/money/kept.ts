/**
 * A value that is read on demand, once for all callers that wait, and then kept for a while. So clients may ask for it
 * as often as they like. A failed read fails the callers that waited for it, and is not kept.
 */
export class Kept<T> {
  readonly #read: () => Promise<T>;
  readonly #keptMs: number;
  readonly #clock: () => number;
  #value: Promise<T> | undefined;
  #readMs = 0;

  /** @param clock Monotonic milliseconds. */
  constructor(read: () => Promise<T>, keptMs: number, clock: () => number = () => performance.now()) {
    this.#read = read;
    this.#keptMs = keptMs;
    this.#clock = clock;
  }

  value(): Promise<T> {
    const nowMs = this.#clock();
    if (this.#value !== undefined && nowMs - this.#readMs < this.#keptMs) return this.#value;
    const value = this.#read();
    this.#value = value;
    this.#readMs = nowMs;
    value.catch(() => {
      if (this.#value === value) this.#value = undefined;
    });
    return value;
  }
}
