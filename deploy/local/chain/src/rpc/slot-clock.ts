import type { Chain } from "../core/chain.js";

/** Makes a new slot every so many milliseconds, or none at all: then only the test controls do. */
export class SlotClock {
  readonly #chain: Chain;
  #timer: NodeJS.Timeout | undefined;
  #slotMs = 0;

  constructor(chain: Chain) {
    this.#chain = chain;
  }

  /** 0: slots come only by the test controls. */
  get slotMs(): number {
    return this.#slotMs;
  }

  /** Slots missed while the process could not run are not made up for. */
  set(slotMs: number): void {
    clearInterval(this.#timer);
    this.#slotMs = slotMs;
    this.#timer = slotMs === 0 ? undefined : setInterval(() => this.#chain.advance(1), slotMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
