import fc from "fast-check";
import { MeasureSketch } from "./measure-sketch.js";

const values = fc.array(fc.double({ min: 0.2, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 200 });

/** The value that so large a share of the values does not exceed. */
function exact(of: readonly number[], share: number): number {
  return [...of].sort((a, b) => a - b)[Math.ceil(share * of.length) - 1] ?? 0;
}

describe("the sketch of a measure", () => {
  it("tells quantiles that are at most six percent beside the exact ones, however it was put together", () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        const [sketch, other] = [new MeasureSketch(), new MeasureSketch()];
        for (const value of first) sketch.add(value);
        for (const value of second) other.add(value);
        sketch.addAll(other);
        const all = [...first, ...second];
        const { p50, p90, n } = sketch.spread() ?? { p50: 0, p90: 0, n: 0 };
        expect(n).toBe(all.length);
        for (const [told, share] of [
          [p50, 0.5],
          [p90, 0.9],
        ] as const)
          expect(Math.abs(told / exact(all, share) - 1)).toBeLessThan(0.06);
      }),
    );
  });

  it("takes nothing, and what is no measure, for 0, and tells nothing without values", () => {
    const sketch = new MeasureSketch();
    expect(sketch.spread()).toBeUndefined();
    for (const value of [0, -1, Number.NaN]) sketch.add(value);
    expect(sketch.spread()).toEqual({ p50: 0, p90: 0, n: 3 });
    sketch.add(Number.POSITIVE_INFINITY);
    expect(sketch.spread()?.p90).toBeLessThan(2e8);
  });
});
