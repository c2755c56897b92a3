import type { TransactionError } from "../vm/transaction-error.js";
import type { Journal } from "./journal.js";
import type { EntryPosition } from "./line-file.js";
import type { Landing, TransactionRecord } from "./transaction-record.js";

/** What is kept in memory of every transaction; the rest is read from the journal. */
export interface HistoryEntry {
  readonly signature: string;
  readonly slot: number;
  /** Its place among all transactions of the chain. */
  readonly order: number;
  /** Unix time in seconds. */
  readonly blockTime: number;
  readonly err: TransactionError | null;
  readonly memo: string | null;
  readonly position: EntryPosition;
}

/** All transactions by signature and, in order, by each address they name. */
export class History {
  readonly #journal: Journal;
  readonly #all: HistoryEntry[] = [];
  readonly #bySignature = new Map<string, HistoryEntry>();
  readonly #byAddress = new Map<string, HistoryEntry[]>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get size(): number {
    return this.#all.length;
  }

  /** The transaction that landed last. */
  get newest(): HistoryEntry | undefined {
    return this.#all.at(-1);
  }

  /** Takes note of a transaction that is newer than all others. */
  add(landed: Omit<HistoryEntry, "order">, addresses: readonly string[]): void {
    const entry: HistoryEntry = { ...landed, order: this.#all.length };
    this.#all.push(entry);
    this.#bySignature.set(entry.signature, entry);
    for (const address of addresses) {
      const entries = this.#byAddress.get(address);
      if (entries === undefined) this.#byAddress.set(address, [entry]);
      else entries.push(entry);
    }
  }

  /** Forgets the newest transaction, which must be the one that is given. */
  removeNewest(record: TransactionRecord): void {
    this.#all.pop();
    this.#bySignature.delete(record.signature);
    for (const address of record.addresses) this.#byAddress.get(address)?.pop();
  }

  find(signature: string): HistoryEntry | undefined {
    return this.#bySignature.get(signature);
  }

  /** Oldest first. */
  ofAddress(address: string): readonly HistoryEntry[] {
    return this.#byAddress.get(address) ?? [];
  }

  /** All transactions in slots after `slot`, oldest first. */
  after(slot: number): readonly HistoryEntry[] {
    return this.#all.slice(countWhile(this.#all, (each) => each.slot <= slot));
  }

  /** The time of the block of `slot`, if a transaction is in it. */
  blockTimeOf(slot: number): number | undefined {
    const entry = this.#all[countWhile(this.#all, (each) => each.slot <= slot) - 1];
    return entry?.slot === slot ? entry.blockTime : undefined;
  }

  record(entry: HistoryEntry): TransactionRecord {
    return this.landing(entry).record;
  }

  /** The record with the accounts that it changed. */
  landing(entry: HistoryEntry): Landing {
    const read = this.#journal.read(entry.position);
    if (read.kind !== "landed") throw new Error(`the journal has no transaction at ${entry.position.offset}`);
    return read;
  }
}

/** How many entries, which are in order, come before the first that does not satisfy `holds`. */
export function countWhile(
  entries: readonly HistoryEntry[],
  holds: (entry: HistoryEntry) => boolean,
): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && holds(entry)) low = middle + 1;
    else high = middle;
  }
  return low;
}
