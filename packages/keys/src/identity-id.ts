import { base58 } from "@scure/base";

/* Who somebody is: the base58 text of a 32-byte Ed25519 public key, as Solana writes addresses. */

/** True if `id` is the base58 text of 32 bytes. */
export function isIdentityId(id: string): boolean {
  if (id.length < 32 || id.length > 44) return false;
  try {
    return base58.decode(id).length === 32;
  } catch {
    return false;
  }
}
