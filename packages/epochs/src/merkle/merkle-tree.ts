/*
 * Merkle trees as in RFC 6962 §2.1: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), so that no
 * node can pass for a leaf; a tree of n leaves splits at the largest power of two below n. That is the same tree as
 * pairing neighbours level by level and moving the odd one up unchanged.
 */
import { FlockError } from "@flock/errors";
import { SHA256_BYTES, type Sha256 } from "./sha256.js";

export const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

const nodeInput = new Uint8Array(1 + 2 * SHA256_BYTES).fill(NODE_PREFIX);

/** The hash of a leaf's data. */
export function leafHash(sha256: Sha256, data: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + data.length).fill(LEAF_PREFIX, 0, 1);
  input.set(data, 1);
  return sha256(input);
}

function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + SHA256_BYTES);
  return sha256(nodeInput);
}

/**
 * Computes a tree's root from its leaves, one after another, in memory that grows with the logarithm of their number.
 */
export class MerkleRoot {
  /** Roots of the full subtrees so far, the largest first: one for each 1 bit of the number of leaves. */
  readonly #subtrees: Uint8Array[] = [];
  readonly #sha256: Sha256;
  #size = 0;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  get size(): number {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    let subtree = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      subtree = nodeHash(this.#sha256, this.#subtrees.pop() ?? subtree, subtree);
    }
    this.#subtrees.push(subtree);
    this.#size += 1;
  }

  /** The root of what was appended so far; of no leaves at all it is SHA-256 of nothing. */
  root(): Uint8Array {
    return (
      this.#subtrees.reduceRight(
        (right: Uint8Array | undefined, left) =>
          right === undefined ? left : nodeHash(this.#sha256, left, right),
        undefined,
      ) ?? this.#sha256(new Uint8Array())
    );
  }
}

/** A whole tree, to prove leaves of: it keeps twice as many hashes as there are leaves. */
export class MerkleTree {
  readonly #levels: (readonly Uint8Array[])[];
  readonly #sha256: Sha256;

  constructor(sha256: Sha256, leaves: readonly Uint8Array[]) {
    this.#sha256 = sha256;
    this.#levels = [leaves];
    for (let level = leaves; level.length > 1; ) {
      level = pairs(sha256, level);
      this.#levels.push(level);
    }
  }

  root(): Uint8Array {
    return this.#levels.at(-1)?.[0] ?? this.#sha256(new Uint8Array());
  }

  /** The siblings on the way from leaf `index` (from 0) to the root, the lowest first: RFC 6962's audit path. */
  path(index: number): Uint8Array[] {
    const path: Uint8Array[] = [];
    let position = index;
    for (const level of this.#levels.slice(0, -1)) {
      const sibling = level[position % 2 === 0 ? position + 1 : position - 1];
      if (sibling !== undefined) path.push(sibling);
      position = Math.floor(position / 2);
    }
    return path;
  }
}

function pairs(sha256: Sha256, level: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let index = 0; index < level.length; index += 2) {
    const [left, right] = [level[index], level[index + 1]];
    if (left !== undefined) above.push(right === undefined ? left : nodeHash(sha256, left, right));
  }
  return above;
}

/**
 * The root that leaf `index` of `size` has, if `path` is its audit path (RFC 9162 §2.1.3.2).
 * @throws FlockError `invalid_argument` when no tree of that size has such a path.
 */
export function rootOfPath(
  sha256: Sha256,
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array {
  let root = leaf;
  let [position, last] = [index, size - 1];
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index > last)
    throw noPath();
  for (const sibling of path) {
    if (last === 0 || sibling.length !== SHA256_BYTES) throw noPath();
    if (position % 2 === 1 || position === last) {
      root = nodeHash(sha256, sibling, root);
      // The odd one moves up unchanged until it has a left sibling.
      while (position % 2 === 0 && position !== 0) [position, last] = [position / 2, Math.floor(last / 2)];
    } else {
      root = nodeHash(sha256, root, sibling);
    }
    [position, last] = [Math.floor(position / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw noPath();
  return root;
}

function noPath(): FlockError {
  return new FlockError("invalid_argument", "the path does not fit a tree of that size");
}
