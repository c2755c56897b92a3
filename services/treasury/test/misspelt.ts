import { faultOfWalletAddress, generateIdentity } from "@flock/keys";
import { base58 } from "@scure/base";
import { PublicKey } from "@solana/web3.js";

const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/**
 * Another possible wallet's address, one letter from this one: what no check but a comparison finds.
 * @param last - the last of the letters that may be wrong; default: the address's last
 */
export function slipOf(address: string, last = address.length - 1): string {
  for (let at = last; at > 0; at--)
    for (const letter of LETTERS) {
      const slip = address.slice(0, at) + letter + address.slice(at + 1);
      if (slip !== address && faultOfWalletAddress(slip) === undefined) return slip;
    }
  throw new Error(`no slip of ${address} is a wallet's address`);
}

/** An address on the curve that is no key's. */
export function keylessAddress(): string {
  for (;;) {
    const bytes = base58.decode(generateIdentity().id);
    for (let last = 0; last < 256; last++) {
      bytes[0] = last;
      const address = base58.encode(bytes);
      if (PublicKey.isOnCurve(bytes) && faultOfWalletAddress(address) !== undefined) return address;
    }
  }
}
