/*
 * A leaf of a statement's tree is a block of 16 consecutive lines (the last block may have fewer), each with its "\n".
 * One line a leaf would take two calls of SHA-256 a line, which for a million jobs takes longer than everything else
 * together (2.5 s); with blocks the hashing of a million lines takes a third of a second. The price: who proves a
 * single line shows its 15 neighbours too. They are public anyway.
 */
import { LEAF_PREFIX } from "../merkle/merkle-tree.js";
import type { Sha256 } from "../merkle/sha256.js";

export const LINES_PER_LEAF = 16;

/**
 * The hash of the leaf `bytes[start, end)`, without copying it: the byte before it is the prefix for a moment.
 * `start` must be at least 1.
 */
export function leafHashInPlace(sha256: Sha256, bytes: Uint8Array, start: number, end: number): Uint8Array {
  const before = bytes[start - 1] ?? 0;
  bytes[start - 1] = LEAF_PREFIX;
  const hash = sha256(bytes.subarray(start - 1, end));
  bytes[start - 1] = before;
  return hash;
}
