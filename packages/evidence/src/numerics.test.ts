import fc from "fast-check";
import { exp, ln, power } from "./numerics.js";

describe("numerics that are the same everywhere", () => {
  it("have the exponentials of Math.exp", () => {
    fc.assert(
      fc.property(fc.double({ min: -600, max: 600, noNaN: true }), (x) => {
        expect(exp(x) / Math.exp(x)).toBeCloseTo(1, 12);
      }),
    );
    expect(exp(0)).toBe(1);
    expect(exp(-701)).toBe(0);
  });

  it("have the logarithms of Math.log", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(1e-12 * Math.max(1, Math.abs(Math.log(x))));
      }),
    );
    expect(ln(1)).toBe(0);
  });

  it("have powers that are products", () => {
    expect([power(3, 0), power(3, 4), power(0.5, 2)]).toEqual([1, 81, 0.25]);
  });
});
