/** Numbers between 0 and 1, the same for the same seed. For simulations: anybody can foresee them. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  isLikely(rate: number): boolean {
    return this.next() < rate;
  }

  /** How many of `count` come true, each at the rate. */
  binomial(count: number, rate: number): number {
    let hits = 0;
    for (let index = 0; index < count; index++) if (this.isLikely(rate)) hits += 1;
    return hits;
  }

  /** Of the distribution Beta(a, b) with a, b > 0, by Jöhnk's method: good for small a. */
  beta(a: number, b: number): number {
    for (;;) {
      const x = this.next() ** (1 / a);
      const y = this.next() ** (1 / b);
      if (x + y <= 1 && x + y > 0) return x / (x + y);
    }
  }
}
