/** Items that come up after nothing was sent for this long leave at once, as a burst of microtasks brings them. */
const PAUSE_MS = 2;

export interface OutboxOptions {
  /** Most items that are handed on together. Default 256. */
  readonly itemsMax?: number;
  /** How long after the last items the next ones are gathered. Default 0: during one turn of the event loop. */
  readonly gatherMs?: number;
}

/**
 * Collects items during one turn of the event loop, or for longer, and hands them on together: under load many small
 * messages become few larger ones, and a single one leaves at the end of its turn, or at once after a pause.
 */
export class Outbox<T> {
  readonly #send: (items: T[]) => void;
  readonly #itemsMax: number;
  readonly #gatherMs: number;
  #items: T[] = [];
  #isScheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(send: (items: T[]) => void, { itemsMax = 256, gatherMs = 0 }: OutboxOptions = {}) {
    this.#send = send;
    this.#itemsMax = itemsMax;
    this.#gatherMs = gatherMs;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#itemsMax) this.flush();
    else if (!this.#isScheduled) this.#schedule();
  }

  flush(): void {
    this.#isScheduled = false;
    clearTimeout(this.#timer);
    if (this.#items.length === 0) return;
    this.#sentAtMs = performance.now();
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }

  #schedule(): void {
    this.#isScheduled = true;
    const sinceMs = performance.now() - this.#sentAtMs;
    if (sinceMs > Math.max(PAUSE_MS, this.#gatherMs)) queueMicrotask(() => this.flush());
    else if (this.#gatherMs === 0) setImmediate(() => this.flush());
    else this.#timer = setTimeout(() => this.flush(), this.#gatherMs - sinceMs);
  }
}
