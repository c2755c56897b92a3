/** Items that come up after nothing was sent for this long leave at once, as a burst of microtasks brings them. */
const PAUSE_MS = 2;

/**
 * Collects items during one turn of the event loop and hands them on together: under load many small messages become
 * few larger ones, and a single one leaves at the end of the turn in which it came up, or at once after a pause.
 */
export class Outbox<T> {
  readonly #send: (items: T[]) => void;
  readonly #itemsMax: number;
  #items: T[] = [];
  #scheduled = false;
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor(send: (items: T[]) => void, itemsMax = 256) {
    this.#send = send;
    this.#itemsMax = itemsMax;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#itemsMax) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      if (performance.now() - this.#sentAtMs > PAUSE_MS) queueMicrotask(() => this.flush());
      else setImmediate(() => this.flush());
    }
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#items.length === 0) return;
    this.#sentAtMs = performance.now();
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }
}
