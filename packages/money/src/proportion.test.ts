import fc from "fast-check";
import { MICRO_LLAMA_MAX, microLlama, minMicro } from "./micro-llama.js";
import { mulDivFloor, splitBps } from "./proportion.js";

const amounts = fc.bigInt({ min: 0n, max: MICRO_LLAMA_MAX }).map(microLlama);
const shares = fc
  .array(fc.integer({ min: 0, max: 10_000 }), { minLength: 0, maxLength: 5 })
  .map((cuts) => [0, ...cuts.sort((a, b) => a - b), 10_000])
  .map((edges) => edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0)));

describe("mulDivFloor", () => {
  it("rounds 7 × 1 / 2 down to 3", () => {
    expect(mulDivFloor(microLlama(7n), 1n, 2n)).toBe(3n);
  });

  it("is the exact quotient or less than one below it", () => {
    const denominators = fc.bigInt({ min: 1n, max: 10n ** 12n });
    fc.assert(
      fc.property(amounts, denominators, denominators, (amount, n, d) => {
        const numerator = n % (d + 1n);
        const down = mulDivFloor(amount, numerator, d);
        const exact = amount * numerator;
        expect(down * d <= exact && exact < (down + 1n) * d).toBe(true);
      }),
    );
  });

  it("refuses negative amounts, a zero denominator and results beyond int64", () => {
    expect(() => mulDivFloor(microLlama(-1n), 1n, 2n)).toThrow("not negative");
    expect(() => mulDivFloor(microLlama(1n), 1n, 0n)).toThrow("positive denominator");
    expect(() => mulDivFloor(MICRO_LLAMA_MAX, 2n, 1n)).toThrow("does not fit 64 bits");
  });
});

describe("splitBps", () => {
  it("gives 95 + 6 of 101 at 9 500 / 500, and all of 1 to the last share", () => {
    expect(splitBps(microLlama(101n), [9_500, 500])).toEqual([95n, 6n]);
    expect(splitBps(microLlama(1n), [9_500, 500])).toEqual([0n, 1n]);
  });

  it("preserves the sum exactly and keeps every share within one µLLAMA per share of its proportion", () => {
    fc.assert(
      fc.property(amounts, shares, (amount, sharesBps) => {
        const parts = splitBps(amount, sharesBps);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
        parts.forEach((part, i) => {
          const off = part * 10_000n - amount * BigInt(sharesBps[i] ?? 0);
          expect(off > -10_000n && off < 10_000n * BigInt(parts.length)).toBe(true);
        });
      }),
    );
  });

  it("refuses shares that do not make a whole or are not whole basis points", () => {
    expect(() => splitBps(microLlama(1n), [9_500, 400])).toThrow("do not make a whole");
    expect(() => splitBps(microLlama(1n), [9_500.5, 499.5])).toThrow("is not a share");
    expect(() => splitBps(microLlama(1n), [-1, 10_001])).toThrow("is not a share");
  });
});

describe("microLlama", () => {
  it("accepts both ends of int64 and refuses one beyond", () => {
    expect(microLlama(MICRO_LLAMA_MAX)).toBe(2n ** 63n - 1n);
    expect(() => microLlama(MICRO_LLAMA_MAX + 1n)).toThrow("64 bits");
    expect(() => microLlama(-(2n ** 63n) - 1n)).toThrow("64 bits");
    expect(minMicro(microLlama(2n), microLlama(1n))).toBe(1n);
  });
});
