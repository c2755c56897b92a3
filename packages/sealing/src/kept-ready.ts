/**
 * Things that are made before they are needed, one in each turn of the event loop, so that nobody waits for theirs.
 * Each is given away once. The first are made when one was taken.
 */
export class KeptReady<T> {
  readonly #make: () => T;
  readonly #count: number;
  readonly #ready: T[] = [];
  #isRefilling = false;

  constructor(make: () => T, count: number) {
    this.#make = make;
    this.#count = count;
  }

  take(): T {
    const taken = this.#ready.pop() ?? this.#make();
    this.#refill();
    return taken;
  }

  /** Makes what is missing, in turns to come. */
  #refill(): void {
    if (this.#isRefilling) return;
    this.#isRefilling = true;
    setImmediate(() => {
      this.#isRefilling = false;
      if (this.#ready.length >= this.#count) return;
      this.#ready.push(this.#make());
      this.#refill();
    });
  }
}
