import fc from "fast-check";
import { leafHash, MerkleRoot, MerkleTree, rootOfPath } from "./merkle-tree.js";
import { nodeSha256 } from "./node-sha256.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** The test tree of Certificate Transparency: its leaves, and its roots for 1 to 8 of them. */
const LEAVES = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const ROOTS = [
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

const leaves = fc.array(
  fc.uint8Array({ maxLength: 3 }).map((data) => leafHash(nodeSha256, data)),
  { minLength: 1, maxLength: 70 },
);

/** MTH of RFC 6962 §2.1, word for word. */
function definition(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return nodeSha256(Buffer.alloc(0));
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeSha256(
    Buffer.concat([Buffer.of(1), definition(hashes.slice(0, split)), definition(hashes.slice(split))]),
  );
}

function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const root = new MerkleRoot(nodeSha256);
  for (const hash of hashes) root.append(hash);
  return root.root();
}

describe("a Merkle tree", () => {
  it("has the roots that Certificate Transparency's test tree has", () => {
    const hashes = LEAVES.map((leaf) => leafHash(nodeSha256, Buffer.from(leaf, "hex")));
    const roots = hashes.map((_, index) => hex(rootOf(hashes.slice(0, index + 1))));
    expect(roots).toEqual(ROOTS);
    expect(hex(rootOf([]))).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  it("has the root of the definition, whether leaf by leaf or level by level", () => {
    fc.assert(
      fc.property(leaves, (hashes) => {
        const root = hex(definition(hashes));
        expect(hex(rootOf(hashes))).toBe(root);
        expect(hex(new MerkleTree(nodeSha256, hashes).root())).toBe(root);
      }),
    );
  });

  it("proves each of its leaves at its place and nowhere else", () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat(), (hashes, at, elsewhere) => {
        const [index, other] = [at % hashes.length, elsewhere % hashes.length];
        const tree = new MerkleTree(nodeSha256, hashes);
        const leaf = hashes[index] ?? Buffer.alloc(0);
        const rootAt = (place: number) =>
          rootOfPath(nodeSha256, leaf, place, hashes.length, tree.path(index));
        expect(rootAt(index)).toEqual(tree.root());
        if (other !== index && !Buffer.from(leaf).equals(hashes[other] ?? leaf.subarray(1))) {
          expect(attempt(() => rootAt(other))).not.toEqual(tree.root());
        }
      }),
    );
  });

  it("refuses a path that is altered, cut, lengthened or for another leaf", () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.nat({ max: 31 }), (hashes, at, byte) => {
        const index = at % hashes.length;
        const tree = new MerkleTree(nodeSha256, hashes);
        const path = tree.path(index);
        const leaf = hashes[index] ?? Buffer.alloc(0);
        const rootBy = (siblings: readonly Uint8Array[], of = leaf) =>
          attempt(() => rootOfPath(nodeSha256, of, index, hashes.length, siblings));
        const altered = path.map((hash, place) => (place === at % path.length ? flipped(hash, byte) : hash));
        if (path.length > 0) expect(rootBy(altered)).not.toEqual(tree.root());
        if (path.length > 0) expect(rootBy(path.slice(1))).toBe("refused");
        expect(rootBy([...path, leaf])).toBe("refused");
        expect(rootBy(path, flipped(leaf, byte))).not.toEqual(tree.root());
      }),
    );
  });

  it("has no path to a leaf that is not in it", () => {
    for (const [index, size] of [
      [1, 1],
      [-1, 4],
      [0, 0],
      [0.5, 4],
    ] as const) {
      expect(() => rootOfPath(nodeSha256, Buffer.alloc(32), index, size, [])).toThrow("does not fit");
    }
  });
});

function attempt(run: () => Uint8Array): Uint8Array | "refused" {
  try {
    return run();
  } catch {
    return "refused";
  }
}

function flipped(hash: Uint8Array, byte: number): Uint8Array {
  const copy = Uint8Array.from(hash);
  copy[byte] = (copy[byte] ?? 0) ^ 1;
  return copy;
}
