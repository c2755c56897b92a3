import { createHash } from "node:crypto";

/**
 * The random number in [0, 1) for the token at `position` of a sequence: (a · 2^21 + ⌊b / 2^11⌋) / 2^53, where a
 * and b are the first two unsigned 32-bit words of SHA-256(seed as signed 64-bit ‖ position as unsigned 32-bit), all
 * little endian.
 *
 * This is a counter and not a generator with state, so that an engine can continue a text that another one began: under
 * seed 7 every engine draws the same number for the token at position 120, however the first 120 tokens came about.
 */
export function uniformAt(seed: number, position: number): number {
  const counter = Buffer.allocUnsafe(12);
  counter.writeBigInt64LE(BigInt(seed), 0);
  counter.writeUInt32LE(position, 8);
  const digest = createHash("sha256").update(counter).digest();
  return (digest.readUInt32LE(0) * 2 ** 21 + (digest.readUInt32LE(4) >>> 11)) / 2 ** 53;
}
