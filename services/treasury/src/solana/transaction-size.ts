import type { PublicKey, TransactionInstruction } from "@solana/web3.js";

/**
 * The exact size of a legacy transaction without compiling it: packing tries hundreds of combinations, and compiling
 * one takes milliseconds. A test compares it with what is really serialized.
 *
 *   signatures + header 3 + keys + blockhash 32 + instructions, each list after its length in "compact-u16"
 */

/** What some instructions add to a transaction. */
export interface Footprint {
  /** Accounts and programs they name; each is listed once per transaction. */
  readonly keys: ReadonlySet<string>;
  readonly instructions: number;
  /** Of the compiled instructions. */
  readonly bytes: number;
}

const SIGNATURE_BYTES = 64;
const KEY_BYTES = 32;
const HEADER_BYTES = 3;

/** The footprint of instructions that belong together. */
export function footprintOf(instructions: readonly TransactionInstruction[]): Footprint {
  const keys = new Set<string>();
  let bytes = 0;
  for (const { programId, keys: accounts, data } of instructions) {
    keys.add(nameOf(programId));
    for (const { pubkey } of accounts) keys.add(nameOf(pubkey));
    bytes += 1 + listed(accounts.length) + accounts.length + listed(data.length) + data.length;
  }
  return { keys, instructions: instructions.length, bytes };
}

/** Bytes of a transaction with one signer, the payer, made of these parts. */
export function transactionBytes(payer: PublicKey, parts: readonly Footprint[]): number {
  const keys = new Set([nameOf(payer)]);
  let instructions = 0;
  let bytes = 0;
  for (const part of parts) {
    for (const key of part.keys) keys.add(key);
    instructions += part.instructions;
    bytes += part.bytes;
  }
  const signatures = listed(1) + SIGNATURE_BYTES;
  const keyList = listed(keys.size) + keys.size * KEY_BYTES;
  return signatures + HEADER_BYTES + keyList + KEY_BYTES + listed(instructions) + bytes;
}

/** Bytes of a list's length. */
function listed(length: number): number {
  return length < 0x80 ? 1 : length < 0x4000 ? 2 : 3;
}

function nameOf(key: PublicKey): string {
  return key.toBuffer().toString("latin1");
}
