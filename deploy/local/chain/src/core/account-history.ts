import { ACCOUNT_HISTORY_SLOTS } from "../genesis.js";
import type { AccountImage } from "../vm/vm.js";
import { restoreAccount, type StoredAccount } from "./account-codec.js";

/** How many entries may stand dead at the head of the list before it is moved. */
const FORGOTTEN_MAX = 10_000;

interface PastState {
  /** The slot of the transaction that changed it. */
  readonly slot: number;
  readonly before: StoredAccount;
}

/**
 * What accounts were before each recent change, so that they can be read as of an older slot: what makes an answer at
 * commitment "finalized", or of a node that lags, the true one.
 */
export class AccountHistory {
  readonly #changes = new Map<string, PastState[]>();
  /** Addresses by slot in the order of the changes, to forget them in that order. */
  readonly #order: { readonly slot: number; readonly address: string }[] = [];
  #forgotten = 0;

  /** Changes must be told in the order in which they happen. */
  changed(address: string, slot: number, before: StoredAccount): void {
    const changes = this.#changes.get(address);
    if (changes === undefined) this.#changes.set(address, [{ slot, before }]);
    else changes.push({ slot, before });
    this.#order.push({ slot, address });
  }

  /** The account as it was after `slot`; undefined when it has not changed since. */
  at(address: string, slot: number): AccountImage | null | undefined {
    const changes = this.#changes.get(address) ?? [];
    const before = changes[countUpTo(changes, slot)]?.before;
    return before === undefined ? undefined : restoreAccount(before);
  }

  /** Takes back the newest change of an account. */
  revert(address: string): void {
    this.#changes.get(address)?.pop();
  }

  /** Forgets what is older than the history that is kept. */
  forgetBefore(tipSlot: number): void {
    const oldest = tipSlot - ACCOUNT_HISTORY_SLOTS;
    let entry = this.#order[this.#forgotten];
    while (entry !== undefined && entry.slot < oldest) {
      const changes = this.#changes.get(entry.address) ?? [];
      changes.splice(0, countUpTo(changes, oldest - 1));
      if (changes.length === 0) this.#changes.delete(entry.address);
      this.#forgotten += 1;
      entry = this.#order[this.#forgotten];
    }
    if (this.#forgotten > FORGOTTEN_MAX) {
      this.#order.splice(0, this.#forgotten);
      this.#forgotten = 0;
    }
  }
}

/** How many of the changes, which are in order, are in slots up to `slot`. */
function countUpTo(changes: readonly PastState[], slot: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((changes[middle]?.slot ?? 0) <= slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
