import fc from "fast-check";
import { median, percentile, summarize } from "./statistics.js";

describe("median", () => {
  it("is the middle of an odd number of samples, whatever their order", () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it("is the mean of the middle two of an even number", () => {
    expect(median([4, 1, 3, 10])).toBe(3.5);
  });

  it("compares numbers, not their digits", () => {
    expect(median([10, 9, 100])).toBe(10);
  });

  it("does not exist without samples", () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe("percentile", () => {
  it("of a hundred samples is the sample of that rank", () => {
    const samples = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(samples, 99)).toBe(99);
    expect(percentile(samples, 100)).toBe(100);
    expect(percentile(samples, 1)).toBe(1);
  });

  it("is a sample that the asked share does not exceed, and no smaller one is", () => {
    const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 100 }), (values, percent) => {
        const found = percentile(values, percent);
        const share = (limit: (value: number) => boolean) => values.filter(limit).length / values.length;
        expect(values).toContain(found);
        expect(share((value) => value <= found)).toBeGreaterThanOrEqual(percent / 100);
        expect(share((value) => value < found)).toBeLessThan(percent / 100);
      }),
    );
  });

  it("does not exist without samples", () => {
    expect(() => percentile([], 50)).toThrow(RangeError);
  });
});

describe("summarize", () => {
  it("leaves the samples as they were", () => {
    const samples = [3, 1, 2];
    expect(summarize(samples)).toEqual({ p50: 2, p99: 3 });
    expect(samples).toEqual([3, 1, 2]);
  });
});
