import { type Identity, verifySignature } from "@flock/keys";
import type { KeyPair } from "hpke";
import { KeptReady } from "./kept-ready.js";
import { generatePair, PUBLIC_KEY_BYTES, type X25519Key } from "./suite.js";

/** Signatures are bound to this purpose, so that one can never stand for a signature over anything else. */
const DOMAIN = Buffer.from("flock/sealing-key/v1\0");

/** A worker's pair for one grant. */
export interface SealingPair {
  readonly publicKey: Uint8Array;
  /** Ed25519 of the worker over its public key: nobody on the way can put another one in its place. */
  readonly signature: Uint8Array;
  readonly keys: KeyPair<X25519Key>;
}

/** Whether that worker has signed that key. */
export function isSealingKeyOf(workerId: string, publicKey: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return false;
  return verifySignature(workerId, Buffer.concat([DOMAIN, publicKey]), signature);
}

export function newSealingPair(identity: Pick<Identity, "sign">): SealingPair {
  const keys = generatePair();
  const publicKey = keys.publicKey.bytes;
  return { publicKey, signature: identity.sign(Buffer.concat([DOMAIN, publicKey])), keys };
}

/** A worker's pairs, so that a claim does not wait for its own. */
export function sealingPairs(identity: Pick<Identity, "sign">, count: number): KeptReady<SealingPair> {
  const pairs = new KeptReady(() => newSealingPair(identity), count);
  pairs.refill();
  return pairs;
}
