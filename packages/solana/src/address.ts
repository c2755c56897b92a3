import { FlockError } from "@flock/errors";
import { PublicKey } from "@solana/web3.js";

declare const brand: unique symbol;

/** An address on Solana: base58 of 32 bytes, as everybody writes them. Of a wallet, a program or any other account. */
export type Address = string & { readonly [brand]: "address" };

const LENGTH_MIN = 32;
const LENGTH_MAX = 44;

/** The text as an address; undefined: it is none. */
export function parseAddress(text: string): Address | undefined {
  // Longer texts would be decoded at length before they are refused.
  if (text.length < LENGTH_MIN || text.length > LENGTH_MAX) return undefined;
  try {
    return new PublicKey(text).toBase58() === text ? (text as Address) : undefined;
  } catch {
    return undefined; // No base58, or not of 32 bytes.
  }
}

/**
 * The text as an address.
 * @throws FlockError `invalid_argument` when it is none
 */
export function toAddress(text: string): Address {
  const found = parseAddress(text);
  if (found === undefined)
    throw new FlockError(
      "invalid_argument",
      `${JSON.stringify(text.slice(0, LENGTH_MAX))} is not an address`,
    );
  return found;
}

/** The address of a key, for what leaves the code that builds or reads transactions. */
export function addressOf(key: PublicKey): Address {
  return key.toBase58() as Address;
}
