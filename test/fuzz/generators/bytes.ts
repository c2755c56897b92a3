import fc from "fast-check";

/* Bytes that are almost right: what a decoder is meant for, with some changes. */

type Change = (bytes: Buffer) => Buffer;

/** What often stands where a length or a number should. */
const BLOCKS: readonly Buffer[] = [
  Buffer.from([0]),
  Buffer.from([0xff]),
  Buffer.alloc(9, 0xff),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08]),
  Buffer.alloc(12, 0x80),
  Buffer.from([0xc0, 0xaf]),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from([0xf4, 0x90, 0x80, 0x80]),
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from("\r\n\r\n"),
  Buffer.from("__proto__"),
];

const LENGTH_MAX = 1 << 20;

const place = fc.nat(0xffff);

const change: fc.Arbitrary<Change> = fc.oneof(
  place.chain((at) =>
    fc.nat(7).map(
      (bit): Change =>
        (bytes) =>
          flipped(bytes, at, bit),
    ),
  ),
  fc.tuple(place, fc.nat(255)).map(
    ([at, value]): Change =>
      (bytes) =>
        replaced(bytes, at, 1, Buffer.of(value)),
  ),
  place.map(
    (at): Change =>
      (bytes) =>
        bytes.subarray(0, at % (bytes.length + 1)),
  ),
  fc.tuple(place, fc.constantFrom(...BLOCKS)).map(
    ([at, block]): Change =>
      (bytes) =>
        replaced(bytes, at, 0, block),
  ),
  fc.tuple(place, fc.constantFrom(...BLOCKS)).map(
    ([at, block]): Change =>
      (bytes) =>
        replaced(bytes, at, block.length, block),
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 32 })).map(([at, length]): Change => {
    return (bytes) => replaced(bytes, at, length, Buffer.alloc(0));
  }),
  fc.tuple(place, place, fc.integer({ min: 1, max: 64 })).map(([at, from, times]): Change => {
    return (bytes) => repeated(bytes, at, from, times);
  }),
);

/** Some of the seeds, changed and joined; and now and then bytes that never were any. */
export function mutatedBytes(seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const seed = fc.constantFrom(...seeds).map((bytes) => Buffer.from(bytes));
  const spliced = fc.tuple(seed, seed, place, place).map(([one, other, end, from]) => {
    return Buffer.concat([
      one.subarray(0, end % (one.length + 1)),
      other.subarray(from % (other.length + 1)),
    ]);
  });
  return fc.oneof(
    { weight: 12, arbitrary: withChanges(seed) },
    { weight: 2, arbitrary: withChanges(spliced) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)) },
  );
}

/** The same bytes with up to four changes. */
export function withChanges(bytes: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  return fc.tuple(bytes, fc.array(change, { maxLength: 4 })).map(([whole, changes]) => {
    return changes.reduce((changed, one) => one(changed).subarray(0, LENGTH_MAX), whole);
  });
}

function flipped(bytes: Buffer, at: number, bit: number): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  const index = at % bytes.length;
  copy[index] = (copy[index] ?? 0) ^ (1 << bit);
  return copy;
}

function replaced(bytes: Buffer, at: number, length: number, by: Buffer): Buffer {
  const from = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), by, bytes.subarray(from + length)]);
}

function repeated(bytes: Buffer, at: number, from: number, times: number): Buffer {
  const [one, other] = [at % (bytes.length + 1), from % (bytes.length + 1)].sort((a, b) => a - b);
  const piece = bytes.subarray(one, other);
  return Buffer.concat([
    bytes.subarray(0, other),
    ...Array.from({ length: times }, () => piece),
    bytes.subarray(other),
  ]);
}
