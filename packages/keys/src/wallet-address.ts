import { ed25519 } from "@noble/curves/ed25519.js";
import { base58 } from "@scure/base";
import { isIdentityId } from "./identity-id.js";

/*
 * Which addresses can be a wallet's: the one place that says so. LLAMA that is credited to any other address is lost:
 * nobody can sign in as it, claim LLAMA for it, or spend what was paid to it.
 *
 * Every secret key's address is a multiple of the curve's base point. So an address that is off the curve (half of all
 * 32-byte texts, and all that programs derive), or on it with a part of small order (seven eighths of the rest) has no
 * key. That leaves one text in sixteen: an address has no check digits, so a misspelt one is
 * another possible wallet that often. See also `isSlipOf`. Programs and mints that were made with a key have such
 * addresses, too: only the chain knows what is at an address.
 */

/**
 * The network's own addresses were written, not found: a name and then ones (sysvars, native programs, the incinerator,
 * the system program). No search for keys comes upon sixteen ones in a row.
 */
const WRITTEN = /1{16}/;

/** Letters at the beginning, or at the end, that no two addresses share unless one was copied from the other. */
const SHARED_LETTERS = 12;

/** Why no key can sign for the address, in words for the person who gave it; undefined: it may be a wallet's. */
export function faultOfWalletAddress(address: string): string | undefined {
  if (!isIdentityId(address)) return `${JSON.stringify(address.slice(0, 64))} is not a Solana address`;
  if (WRITTEN.test(address))
    return `${address} is one of the network's own addresses (a sysvar, a native program, the incinerator), which no key can spend from`;
  const point = pointOf(address);
  if (point === undefined) return `${address} is off the curve: a program's address, nobody can hold its key`;
  if (!point.isTorsionFree()) return `${address} is no key's address: is a letter wrong or missing?`;
  return undefined;
}

/**
 * True if one of these addresses was most likely meant to be the other: they are two, and begin or end with the same
 * dozen letters, in whichever case. A letter that is wrong, missing, twice or too many leaves one of the ends as it is.
 */
export function isSlipOf(address: string, other: string): boolean {
  if (address === other || address.length < SHARED_LETTERS || other.length < SHARED_LETTERS) return false;
  const [one, two] = [endsOf(address), endsOf(other)];
  return one.head === two.head || one.tail === two.tail;
}

/** By what {@link isSlipOf} compares: the first and the last letters, in lower case. */
export function endsOf(address: string): { readonly head: string; readonly tail: string } {
  const text = address.toLowerCase();
  return { head: text.slice(0, SHARED_LETTERS), tail: text.slice(-SHARED_LETTERS) };
}

function pointOf(address: string) {
  try {
    return ed25519.Point.fromBytes(base58.decode(address));
  } catch {
    return undefined;
  }
}
