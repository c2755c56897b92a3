import { generateIdentity } from "@flock/keys";
import { jest } from "@jest/globals";
import fc from "fast-check";
import type { LeaseNames } from "./lease-names.js";
import { openWork, sealWork } from "./sealed-work.js";
import { newSealingPair, OfferedPair, SIGNED_KEYS_MAX, SignedKeys } from "./sealing-pair.js";

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

/** Work on its way to its worker. */
async function unopened() {
  const pair = newSealingPair(identity);
  return { pair, ...(await sealWork(pair.publicKey, NAMES, WORK)) };
}

/** Work that its worker has opened. */
async function granted() {
  const { pair, sealed, openers } = await unopened();
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
    const { pair, sealed } = await unopened();
    expect(await openWork(newSealingPair(identity), NAMES, sealed)).toBeUndefined();
    for (const names of OTHER_NAMES) expect(await openWork(pair, names, sealed)).toBeUndefined();
    expect(await openWork(pair, NAMES, sealed)).toBeDefined();
  });

  it("opens once: who sends it again does not get two answers under the same keys", async () => {
    const { pair, sealed } = await granted();
    expect(await openWork(pair, NAMES, sealed)).toBeUndefined();
    const again = await sealWork(pair.publicKey, NAMES, WORK);
    const opened = await Promise.all([1, 2].map(() => openWork(pair, NAMES, again.sealed)));
    expect(opened.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it("has keys of its own for each lease, also under a worker's same key", async () => {
    const pair = newSealingPair(identity);
    const other = { ...NAMES, jobId: "other" };
    const leases = await Promise.all([NAMES, other].map((names) => sealWork(pair.publicKey, names, WORK)));
    const [first, second] = leases.map(({ sealed }) => Buffer.from(sealed).toString("hex"));
    expect(first?.slice(0, 64)).not.toBe(second?.slice(0, 64));
    const opened = await openWork(pair, NAMES, leases[0]?.sealed ?? Buffer.alloc(0));
    const record = opened?.sealers.chunks.seal(0, [], Buffer.from("text")) ?? Buffer.alloc(0);
    expect(leases.map(({ openers }) => openers.chunks.open(0, [], record)?.length)).toEqual([4, undefined]);
  });

  it("does not open once any bit was changed, or the end cut off", async () => {
    const { pair, sealed } = await unopened();
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
    const says = (...[key, by]: [Uint8Array, Uint8Array]) => new SignedKeys().has(identity.id, key, by);
    expect(says(publicKey, signature)).toBe(true);
    expect(says(other.publicKey, signature)).toBe(false);
    expect(says(other.publicKey, other.signature)).toBe(false);
    expect(says(publicKey, identity.sign(publicKey))).toBe(false);
    expect(says(publicKey.subarray(1), signature)).toBe(false);
  });

  it("is verified once, and remembered as its worker's own until that worker has another", () => {
    const keys = new SignedKeys();
    const [first, second] = [newSealingPair(identity), newSealingPair(identity)];
    const unsigned = new Uint8Array(64);
    const isRemembered = (key: Uint8Array, workerId = identity.id) => keys.has(workerId, key, unsigned);
    expect(isRemembered(first.publicKey)).toBe(false);
    expect(keys.has(identity.id, first.publicKey, first.signature)).toBe(true);
    expect(isRemembered(first.publicKey)).toBe(true);
    expect(isRemembered(second.publicKey)).toBe(false);
    expect(isRemembered(first.publicKey, generateIdentity().id)).toBe(false);
    expect(keys.has(identity.id, second.publicKey, second.signature)).toBe(true);
    expect([isRemembered(first.publicKey), isRemembered(second.publicKey)]).toEqual([false, true]);
  });

  it("is remembered as it was, whatever becomes of the message that it came in", () => {
    const keys = new SignedKeys();
    const { publicKey, signature } = newSealingPair(identity);
    const received = Buffer.from(publicKey);
    expect(keys.has(identity.id, received, signature)).toBe(true);
    received.fill(7);
    expect(keys.has(identity.id, received, signature)).toBe(false);
  });

  it("is forgotten once as many other workers have come as are remembered, the oldest first", () => {
    const keys = new SignedKeys();
    const workers = Array.from({ length: SIGNED_KEYS_MAX + 1 }, () => generateIdentity());
    const pairs = workers.map((worker) => ({ worker, pair: newSealingPair(worker) }));
    for (const { worker, pair } of pairs) keys.has(worker.id, pair.publicKey, pair.signature);
    const remembered = pairs.map(({ worker, pair }) =>
      keys.has(worker.id, pair.publicKey, new Uint8Array(64)),
    );
    expect(remembered).toEqual(pairs.map((_pair, index) => index > 0));
  });

  it("is offered for ten seconds, and then another one is", () => {
    jest.useFakeTimers();
    try {
      const offered = new OfferedPair(identity);
      const first = offered.get();
      jest.advanceTimersByTime(9_999);
      expect(offered.get()).toBe(first);
      jest.advanceTimersByTime(1);
      const second = offered.get();
      expect(second.publicKey).not.toEqual(first.publicKey);
      offered.forget();
      expect(jest.getTimerCount()).toBe(0);
      expect(offered.get()).not.toBe(second);
    } finally {
      jest.useRealTimers();
    }
  });
});
