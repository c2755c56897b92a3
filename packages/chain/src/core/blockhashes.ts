import { createHash } from "node:crypto";
import { base58 } from "@scure/base";
import { BLOCKHASH_AGE_MAX } from "../genesis.js";

/** How many hashes are kept: those in use, and those whose expiry somebody may still ask about. */
const KEPT_SLOTS = BLOCKHASH_AGE_MAX * 3;

/** A fork: all blocks after `afterSlot`, up to `tipSlot`, were replaced by others. */
export interface Fork {
  readonly afterSlot: number;
  readonly tipSlot: number;
}

/**
 * The blockhash of every slot: SHA-256 of the chain's own salt, the slot, and the number of the fork that the slot is on.
 * So nothing has to be stored, a fork changes the hashes of the blocks it replaces, and a transaction signed for one
 * chain is never valid on another.
 */
export class Blockhashes {
  readonly #salt: string;
  readonly #forks: Fork[];
  readonly #bySlot = new Map<number, string>();
  readonly #byHash = new Map<string, number>();

  constructor(salt: string, forks: readonly Fork[]) {
    this.#salt = salt;
    this.#forks = [...forks];
  }

  /** The hash of a slot that exists. */
  at(slot: number): string {
    const known = this.#bySlot.get(slot);
    if (known !== undefined) return known;
    const fork =
      this.#forks.findLastIndex(({ afterSlot, tipSlot }) => slot > afterSlot && slot <= tipSlot) + 1;
    return base58.encode(createHash("sha256").update(`${this.#salt}:${slot}:${fork}`).digest());
  }

  /** The slot of a recent hash; undefined: never was, is on an abandoned fork, or is long gone. */
  slotOf(hash: string): number | undefined {
    return this.#byHash.get(hash);
  }

  /** Tells of new slots, up to and including `tipSlot`. */
  advanceTo(tipSlot: number): void {
    const oldest = tipSlot - KEPT_SLOTS;
    for (const [slot, hash] of this.#bySlot) {
      if (slot > oldest) break;
      this.#bySlot.delete(slot);
      this.#byHash.delete(hash);
    }
    for (let slot = Math.max(0, oldest + 1); slot <= tipSlot; slot++) {
      if (this.#bySlot.has(slot)) continue;
      const hash = this.at(slot);
      this.#bySlot.set(slot, hash);
      this.#byHash.set(hash, slot);
    }
  }

  /** Replaces the hashes of all slots after `afterSlot`. */
  fork(fork: Fork): void {
    this.#forks.push(fork);
    for (let slot = fork.afterSlot + 1; slot <= fork.tipSlot; slot++) {
      const abandoned = this.#bySlot.get(slot);
      if (abandoned === undefined) continue;
      this.#bySlot.delete(slot);
      this.#byHash.delete(abandoned);
      const hash = this.at(slot);
      this.#bySlot.set(slot, hash);
      this.#byHash.set(hash, slot);
    }
  }
}
