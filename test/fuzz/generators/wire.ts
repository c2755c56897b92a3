import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { mutatedBytes } from "./bytes.js";
import { NASTY_TEXTS } from "./text.js";

/* Protobuf that is almost right: messages with other values, fields, counts and depths. */

interface Field {
  readonly number: number;
  readonly type: WireType;
  readonly value: bigint | Buffer;
}

const EDGES: readonly bigint[] = [
  ...[0n, 1n, 2n, 127n, 128n, 255n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n],
  ...[2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n],
];
const LENGTH_MAX = 1 << 20;
/** Repetitions of a field. */
const TIMES = [2, 2, 3, 3, 70, 70, 1_000];

type Change = (fields: readonly Field[]) => readonly Field[];
const place = fc.nat(0xffff);

const value: fc.Arbitrary<bigint | Buffer> = fc.oneof(
  fc.constantFrom(...EDGES),
  fc.constantFrom(...NASTY_TEXTS).map((text) => Buffer.from(text)),
  fc.constantFrom(
    Buffer.alloc(0),
    Buffer.alloc(32),
    Buffer.alloc(31, 1),
    Buffer.alloc(64, 0xff),
    Buffer.alloc(20_000, 0x61),
  ),
  fc.constantFrom(Buffer.from([0xff, 0xfe]), Buffer.from([0xed, 0xa0, 0x80])),
);

const flat: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(place, value).map(
    ([at, put]): Change =>
      (fields) =>
        at1(fields, at, (field) => [withValue(field, put)]),
  ),
  place.map(
    (at): Change =>
      (fields) =>
        at1(fields, at, () => []),
  ),
  fc.tuple(place, fc.constantFrom(...TIMES)).map(
    ([at, times]): Change =>
      (fields) => {
        return at1(fields, at, (field) => Array.from({ length: times }, () => field));
      },
  ),
  fc.tuple(place, fc.integer({ min: 1, max: 30 })).map(
    ([at, number]): Change =>
      (fields) => {
        return at1(fields, at, (field) => [{ ...field, number }]);
      },
  ),
  fc.tuple(fc.integer({ min: 1, max: 30 }), value).map(
    ([number, put]): Change =>
      (fields) => {
        return [...fields, withValue({ number, type: WireType.Varint, value: 0n }, put)];
      },
  ),
  fc.constant<Change>((fields) => [...fields].reverse()),
);

/** A change of a message, or of one inside it. */
const change: fc.Arbitrary<Change> = fc.oneof(
  flat,
  fc.tuple(place, flat).map(
    ([at, inner]): Change =>
      (fields) =>
        inside(fields, at, inner),
  ),
  fc.tuple(place, place, flat).map(
    ([at, then, inner]): Change =>
      (fields) => {
        return inside(fields, at, (within) => inside(within, then, inner));
      },
  ),
);

/** Encoded messages with up to three changes of their fields, and some with changes of their bytes. */
export function mutatedMessages(seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const parsed = seeds.map((bytes) => fieldsOf(bytes) ?? []);
  const structured = fc
    .tuple(fc.constantFrom(...parsed), fc.array(change, { maxLength: 3 }))
    .map(([fields, changes]) =>
      written(changes.reduce<readonly Field[]>((changed, one) => one(changed), fields)).subarray(
        0,
        LENGTH_MAX,
      ),
    );
  return fc.oneof({ weight: 3, arbitrary: structured }, { weight: 1, arbitrary: mutatedBytes(seeds) });
}

function at1(
  fields: readonly Field[],
  at: number,
  how: (field: Field) => readonly Field[],
): readonly Field[] {
  const index = at % Math.max(1, fields.length);
  return fields.flatMap((field, each) => (each === index ? how(field) : [field]));
}

/** Fields that are looked at for a message inside. */
const LOOKS = 8;

function inside(fields: readonly Field[], at: number, how: Change): readonly Field[] {
  for (let look = 0; look < Math.min(LOOKS, fields.length); look++) {
    const index = (at + look) % fields.length;
    const field = fields[index];
    const within = field === undefined || typeof field.value === "bigint" ? undefined : fieldsOf(field.value);
    if (within === undefined) continue;
    return at1(fields, index, (chosen) => [{ ...chosen, value: written(how(within)) }]);
  }
  return fields;
}

function withValue({ number }: Field, put: bigint | Buffer): Field {
  return { number, type: typeof put === "bigint" ? WireType.Varint : WireType.LengthDelimited, value: put };
}

/** The fields of a message; undefined if the bytes are none. */
function fieldsOf(bytes: Uint8Array): Field[] | undefined {
  const reader = new BinaryReader(bytes);
  const fields: Field[] = [];
  try {
    while (reader.pos < reader.len) {
      const [number, type] = reader.tag();
      if (type === WireType.Varint) fields.push({ number, type, value: BigInt(reader.uint64()) });
      else if (type === WireType.LengthDelimited)
        fields.push({ number, type, value: Buffer.from(reader.bytes()) });
      else if (type === WireType.Bit64) fields.push({ number, type, value: BigInt(reader.fixed64()) });
      else if (type === WireType.Bit32) fields.push({ number, type, value: BigInt(reader.fixed32()) });
      else return undefined;
    }
    return fields;
  } catch {
    return undefined;
  }
}

function written(fields: readonly Field[]): Buffer {
  const writer = new BinaryWriter();
  for (const { number, type, value: put } of fields) {
    writer.tag(number, type);
    if (typeof put !== "bigint") writer.bytes(put);
    else if (type === WireType.Bit64) writer.fixed64(put);
    else if (type === WireType.Bit32) writer.fixed32(Number(put));
    else writer.uint64(put);
  }
  return Buffer.from(writer.finish());
}
