import { createRequire } from "node:module";
import fc from "fast-check";

interface BigintBuffer {
  toBigIntBE(bytes: Uint8Array): bigint;
  toBigIntLE(bytes: Uint8Array): bigint;
  toBufferBE(value: bigint, width: number): Buffer;
  toBufferLE(value: bigint, width: number): Buffer;
}
// As spl-token gets it.
const { toBigIntBE, toBigIntLE, toBufferBE, toBufferLE } = createRequire(import.meta.url)(
  "bigint-buffer",
) as BigintBuffer;

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe("bigint-buffer", () => {
  it("reads and writes 64-bit numbers as Buffer does", () => {
    fc.assert(
      fc.property(u64, (value) => {
        const big = Buffer.alloc(8);
        const little = Buffer.alloc(8);
        big.writeBigUInt64BE(value);
        little.writeBigUInt64LE(value);
        expect([toBufferBE(value, 8), toBufferLE(value, 8)]).toEqual([big, little]);
        expect([toBigIntBE(big), toBigIntLE(little)]).toEqual([value, value]);
      }),
    );
  });

  it("does not change what it reads", () => {
    const bytes = Buffer.of(1, 2, 3);
    expect([toBigIntLE(bytes), bytes]).toEqual([0x030201n, Buffer.of(1, 2, 3)]);
  });

  it("takes nothing for 0, and other widths", () => {
    expect([toBigIntBE(Buffer.alloc(0)), toBufferBE(0n, 0)]).toEqual([0n, Buffer.alloc(0)]);
    expect(toBufferBE(258n, 3)).toEqual(Buffer.of(0, 1, 2));
  });

  it.each([
    [-1n, 8],
    [2n ** 64n, 8],
    [256n, 1],
    [1n, 0],
  ])("refuses %s in %s bytes", (value, width) => {
    expect(() => toBufferBE(value, width)).toThrow(RangeError);
    expect(() => toBufferLE(value, width)).toThrow(RangeError);
  });
});
