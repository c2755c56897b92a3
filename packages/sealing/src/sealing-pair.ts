import { type Signer, verifySignature } from "@flock/keys";
import type { KeyPair } from "hpke";
import { LRUCache } from "lru-cache";
import { generatePair, PUBLIC_KEY_BYTES, type X25519Key } from "./suite.js";

/** Signatures are bound to this purpose, so that one can never stand for a signature over anything else. */
const DOMAIN = Buffer.from("flock/sealing-key/v1\0");
/** What is recorded of a worker's grants can be opened, by who takes its memory, for so long. */
const OFFERED_MS = 10_000;

/** A worker's pair. */
export interface SealingPair {
  readonly publicKey: Uint8Array;
  /** Ed25519 of the worker's signing key over its public key: nobody on the way can put another one in its place. */
  readonly signature: Uint8Array;
  readonly keys: KeyPair<X25519Key>;
  /**
   * Senders' keys whose work it has opened. From the same work follow the same keys for what goes back: under them two
   * answers would give each other away.
   */
  readonly opened: Set<string>;
}

export function newSealingPair(signer: Pick<Signer, "sign">): SealingPair {
  const keys = generatePair();
  const publicKey = keys.publicKey.bytes;
  const signature = signer.sign(Buffer.concat([DOMAIN, publicKey]));
  return { publicKey, signature, keys, opened: new Set() };
}

/** The pair that a worker offers: the same in all claims of a short time, and then it is forgotten. */
export class OfferedPair {
  readonly #signer: Pick<Signer, "sign">;
  #pair: SealingPair | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(signer: Pick<Signer, "sign">) {
    this.#signer = signer;
  }

  get(): SealingPair {
    if (this.#pair !== undefined) return this.#pair;
    this.#pair = newSealingPair(this.#signer);
    this.#timer = setTimeout(() => this.forget(), OFFERED_MS).unref();
    return this.#pair;
  }

  /** Claims that have it keep it until they are answered. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#pair = undefined;
  }
}

/** Signers whose last key is remembered; a signature costs as much to verify as a prompt to seal. */
export const SIGNED_KEYS_MAX = 1_024;

/** Says which keys were signed by whom. Each signer's last one is remembered, because it comes with many claims. */
export class SignedKeys {
  readonly #lastOf = new LRUCache<string, Buffer>({ max: SIGNED_KEYS_MAX });

  /** Whether that signer (base58 of its public key) has signed that key. */
  has(signer: string, publicKey: Uint8Array, signature: Uint8Array): boolean {
    if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
    if (this.#lastOf.get(signer)?.equals(publicKey)) return true;
    if (!verifySignature(signer, Buffer.concat([DOMAIN, publicKey]), signature)) return false;
    // A copy: the key itself is a part of its whole message.
    this.#lastOf.set(signer, Buffer.from(publicKey));
    return true;
  }
}
