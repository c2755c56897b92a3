import { ed25519 } from "@noble/curves/ed25519.js";
import { base58 } from "@scure/base";
import { isIdentityId } from "./identity-id.js";

export const SIGNATURE_BYTES = 64;

/**
 * The public key of an identity, to check signatures with; undefined if it is none. Throws for a text that is no point.
 * OpenSSL and browsers take keys of small order, the system program's address among them: everybody can sign for those.
 */
export function publicKeyOf(id: string): Uint8Array | undefined {
  if (!isIdentityId(id)) return undefined;
  const bytes = base58.decode(id);
  return ed25519.Point.fromBytes(bytes, true).isSmallOrder() ? undefined : bytes;
}
