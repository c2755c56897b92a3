import { generateIdentity } from "@flock/keys";
import fc from "fast-check";
import type { LeaseNames } from "./lease-names.js";
import { openWork, sealWork } from "./sealed-work.js";
import { isSealingKeyOf, newSealingPair, sealingPairs } from "./sealing-pair.js";

const identity = generateIdentity();
const NAMES: LeaseNames = { jobId: "job", lease: 1, workerId: identity.id, requesterId: "requester" };
const WORK = Buffer.from("a prompt that nobody in between may read");

/** Every way in which another lease is named. */
const OTHER_NAMES: readonly LeaseNames[] = [
  { ...NAMES, jobId: "other" },
  { ...NAMES, lease: 2 },
  { ...NAMES, workerId: generateIdentity().id },
  { ...NAMES, requesterId: "other" },
];

async function granted() {
  const pair = newSealingPair(identity);
  const { sealed, openers } = await sealWork(pair.publicKey, NAMES, WORK);
  const opened = await openWork(pair, NAMES, sealed);
  if (opened === undefined) throw new Error("the work does not open");
  return { pair, sealed, openers, work: opened.work, sealers: opened.sealers };
}

function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = bit % (8 * copy.length);
  copy.writeUInt8(copy.readUInt8(at >> 3) ^ (1 << (at & 7)), at >> 3);
  return copy;
}

describe("sealed work", () => {
  it("opens to what was sealed, and shows none of it", async () => {
    const { sealed, work } = await granted();
    expect(Buffer.from(work)).toEqual(WORK);
    expect(Buffer.from(sealed).includes("prompt")).toBe(false);
  });

  it("opens with no other key and for no other lease", async () => {
    const { pair, sealed } = await granted();
    expect(await openWork(newSealingPair(identity), NAMES, sealed)).toBeUndefined();
    for (const names of OTHER_NAMES) expect(await openWork(pair, names, sealed)).toBeUndefined();
  });

  it("does not open once any bit was changed, or the end cut off", async () => {
    const { pair, sealed } = await granted();
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (bit) => {
        expect(await openWork(pair, NAMES, flipped(sealed, bit))).toBeUndefined();
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), async (length) => {
        expect(await openWork(pair, NAMES, sealed.subarray(0, length))).toBeUndefined();
      }),
    );
  });

  it("is made for no key of another length", async () => {
    for (const length of [0, 1, 31, 33, 64])
      await expect(sealWork(new Uint8Array(length).fill(9), NAMES, WORK)).rejects.toThrow("the sealing key");
  });

  it("is made for no key of low order", async () => {
    // Points that give the same secret to everybody, whatever the other key (RFC 7748, §6.1): orders 1, 2, 4 and 8.
    for (const point of [
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000000",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
      "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    ])
      await expect(sealWork(Buffer.from(point, "hex"), NAMES, WORK)).rejects.toThrow("the sealing key");
  });
});

describe("sealed records", () => {
  it("come back whole, of any content, in any order of opening", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array(), { minLength: 1, maxLength: 8 }), async (contents) => {
        const { openers, sealers } = await granted();
        const sealed = contents.map((content, seq) => sealers.chunks.seal(seq, [seq], content));
        for (const [seq, record] of [...sealed.entries()].reverse())
          expect(openers.chunks.open(seq, [seq], record)).toEqual(Buffer.from(contents[seq] ?? []));
      }),
      { numRuns: 20 },
    );
  });

  it("do not open with a bit changed, under another number or beside another header", async () => {
    const { openers, sealers } = await granted();
    const record = sealers.chunks.seal(5, [1, 2], Buffer.from("text"));
    fc.assert(
      fc.property(fc.nat(), (bit) => openers.chunks.open(5, [1, 2], flipped(record, bit)) === undefined),
    );
    const number = fc.nat(0xffff_ffff);
    fc.assert(
      fc.property(number, fc.array(number, { maxLength: 3 }), (seq, header) => {
        fc.pre(seq !== 5 || header.join() !== "1,2");
        expect(openers.chunks.open(seq, header, record)).toBeUndefined();
      }),
    );
    expect(openers.chunks.open(5, [1, 2], record)).toEqual(Buffer.from("text"));
  });

  it("do not open in another lease, nor as the other kind", async () => {
    const { openers, sealers } = await granted();
    const other = await granted();
    const record = sealers.chunks.seal(0, [], Buffer.from("text"));
    expect(other.openers.chunks.open(0, [], record)).toBeUndefined();
    expect(openers.final.open(0, [], record)).toBeUndefined();
  });

  it("are sealed once under each number", async () => {
    const { sealers } = await granted();
    sealers.chunks.seal(1, [], WORK);
    expect(() => sealers.chunks.seal(1, [], WORK)).toThrow("sealed before");
    expect(() => sealers.chunks.seal(0, [], WORK)).toThrow("sealed before");
  });
});

describe("a sealing key", () => {
  it("is its worker's by a signature, and nobody else's", () => {
    const { publicKey, signature } = newSealingPair(identity);
    const other = newSealingPair(generateIdentity());
    expect(isSealingKeyOf(identity.id, publicKey, signature)).toBe(true);
    expect(isSealingKeyOf(identity.id, other.publicKey, signature)).toBe(false);
    expect(isSealingKeyOf(identity.id, other.publicKey, other.signature)).toBe(false);
    expect(isSealingKeyOf(identity.id, publicKey, identity.sign(publicKey))).toBe(false);
    expect(isSealingKeyOf(identity.id, publicKey.subarray(1), signature)).toBe(false);
  });

  it("is given away once, also when more are taken than were made", () => {
    const pairs = sealingPairs(identity, 2);
    const keys = Array.from({ length: 10 }, () => Buffer.from(pairs.take().publicKey).toString("hex"));
    pairs.close();
    expect(new Set(keys).size).toBe(10);
  });
});
