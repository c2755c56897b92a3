/**
 * Collects items during one turn of the event loop and hands them on together: under load many small messages become
 * few larger ones, and a single one leaves at the end of the turn in which it came up.
 */
export class Outbox<T> {
  readonly #send: (items: T[]) => void;
  readonly #itemsMax: number;
  #items: T[] = [];
  #scheduled = false;

  constructor(send: (items: T[]) => void, itemsMax = 256) {
    this.#send = send;
    this.#itemsMax = itemsMax;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length >= this.#itemsMax) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.flush());
    }
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#send(items);
  }
}
