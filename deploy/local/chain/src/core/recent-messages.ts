import { BLOCKHASH_AGE_MAX } from "../genesis.js";

/** The messages that landed recently, by hash: none may land twice, and after its blockhash's expiry none can. */
export class RecentMessages {
  readonly #slotByHash = new Map<string, number>();

  has(messageHash: string): boolean {
    return this.#slotByHash.has(messageHash);
  }

  add(messageHash: string, slot: number): void {
    this.#slotByHash.set(messageHash, slot);
  }

  remove(messageHash: string): void {
    this.#slotByHash.delete(messageHash);
  }

  forgetBefore(tipSlot: number): void {
    for (const [hash, slot] of this.#slotByHash) {
      // Twice the age: a message may land in the last slot of its life, and be asked about in a fork before it.
      if (slot >= tipSlot - 2 * BLOCKHASH_AGE_MAX) return;
      this.#slotByHash.delete(hash);
    }
  }
}
