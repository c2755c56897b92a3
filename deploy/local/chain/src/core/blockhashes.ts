import { createHash } from "node:crypto";
import { base58 } from "@scure/base";
import { BLOCKHASH_AGE_MAX } from "../genesis.js";

/** How many hashes are kept: those in use, and those whose expiry somebody may still ask about. */
const KEPT_SLOTS = BLOCKHASH_AGE_MAX * 3;

/** A hash as a map's key: one character for each byte. */
const KEY_ENCODING = "latin1";

/** A fork: all blocks after `afterSlot`, up to `tipSlot`, were replaced by others. */
export interface Fork {
  readonly afterSlot: number;
  readonly tipSlot: number;
}

/**
 * The blockhash of every slot: SHA-256 of the chain's own salt, the slot, and the number of the fork that the slot is
 * on. So nothing has to be stored, a fork changes the hashes of the blocks it replaces, and a transaction signed for
 * one chain is never valid on another.
 */
export class Blockhashes {
  readonly #salt: string;
  readonly #forks: Fork[];
  /** Of recent slots, oldest first. Base58 is made only of those that are asked for: it costs more than the hash. */
  readonly #recent = new Map<number, { readonly key: string; text?: string }>();
  readonly #slotByKey = new Map<string, number>();
  #newest: number | undefined;

  constructor(salt: string, forks: readonly Fork[]) {
    this.#salt = salt;
    this.#forks = [...forks];
  }

  /** The hash of a slot that exists, in base58. */
  at(slot: number): string {
    const recent = this.#recent.get(slot);
    if (recent === undefined) return base58.encode(Buffer.from(this.#keyOf(slot), KEY_ENCODING));
    recent.text ??= base58.encode(Buffer.from(recent.key, KEY_ENCODING));
    return recent.text;
  }

  /** The slot of a recent hash; undefined: never was, is on an abandoned fork, or is long gone. */
  slotOf(hash: string): number | undefined {
    try {
      return this.#slotByKey.get(Buffer.from(base58.decode(hash)).toString(KEY_ENCODING));
    } catch {
      return undefined; // No base58: certainly no hash of ours.
    }
  }

  /** Tells of new slots, up to and including `tipSlot`. */
  advanceTo(tipSlot: number): void {
    const oldest = Math.max(0, tipSlot - KEPT_SLOTS);
    for (const [slot, { key }] of this.#recent) {
      if (slot >= oldest) break;
      this.#recent.delete(slot);
      this.#slotByKey.delete(key);
    }
    const newest = this.#newest ?? oldest - 1;
    for (let slot = Math.max(oldest, newest + 1); slot <= tipSlot; slot++) this.#keep(slot);
    this.#newest = tipSlot;
  }

  /** Replaces the hashes of all slots after `afterSlot`. */
  fork(fork: Fork): void {
    this.#forks.push(fork);
    for (let slot = fork.afterSlot + 1; slot <= fork.tipSlot; slot++) {
      this.#slotByKey.delete(this.#recent.get(slot)?.key ?? "");
      this.#keep(slot);
    }
  }

  #keep(slot: number): void {
    const key = this.#keyOf(slot);
    this.#recent.set(slot, { key });
    this.#slotByKey.set(key, slot);
  }

  #keyOf(slot: number): string {
    const fork =
      this.#forks.findLastIndex(({ afterSlot, tipSlot }) => slot > afterSlot && slot <= tipSlot) + 1;
    return createHash("sha256").update(`${this.#salt}:${slot}:${fork}`).digest().toString(KEY_ENCODING);
  }
}
