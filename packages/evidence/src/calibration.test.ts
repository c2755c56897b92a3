import { cellKeyOf, isInForce, missPpm, upperBound } from "./calibration.js";

const CELL = {
  ...cellKeyOf({ modelDigest: "d", engine: "ollama/0.33.1", hardware: "cpu" }),
  positions: 2_000,
  misses: 0,
  surprisalSlackMillinats: 50,
  measuredUnixMs: 1,
  frozenUntilUnixMs: 0,
};

describe("calibration", () => {
  it("bounds a rate as Clopper and Pearson do", () => {
    // Of tables: 99 % one-sided.
    expect(upperBound(0, 100, 0.99)).toBeCloseTo(1 - 0.01 ** (1 / 100), 9);
    expect(upperBound(0, 1_989, 0.99)).toBeCloseTo(0.0023126, 6);
    expect(upperBound(1, 10, 0.95)).toBeCloseTo(0.39416, 4);
    expect(upperBound(5, 100, 0.975)).toBeCloseTo(0.11283, 4);
    expect([upperBound(0, 0, 0.99), upperBound(3, 3, 0.99)]).toEqual([1, 1]);
  });

  it.each([
    // Computed with whole numbers of any length.
    [5, 100, 125_852],
    [10, 1_000, 20_043],
    [1, 100, 64_543],
    [0, 300, 15_233],
  ])("assumes of honest workers with %i misses in %i places at most %i ppm", (misses, positions, ppm) => {
    expect(Math.abs(missPpm({ misses, positions }) - ppm)).toBeLessThanOrEqual(1);
  });

  it("assumes at least one miss in a hundred of honest workers", () => {
    expect(missPpm(CELL)).toBe(10_000);
    expect(missPpm({ positions: 1_000, misses: 30 })).toBeGreaterThan(40_000);
  });

  it("puts patch versions of an engine in one cell, and others in others", () => {
    expect(CELL.engine).toBe("ollama/0.33");
    expect(cellKeyOf({ ...CELL, engine: "ollama/0.33.0-rc2" }).engine).toBe("ollama/0.33");
    expect(cellKeyOf({ ...CELL, engine: "something" }).engine).toBe("something");
  });

  it("decides nothing by few positions, by noise as loud as a cheat, or while an upgrade is under way", () => {
    expect(isInForce(CELL, 5)).toBe(true);
    expect(isInForce({ ...CELL, positions: 299 }, 5)).toBe(false);
    expect(isInForce({ ...CELL, misses: 300 }, 5)).toBe(false);
    expect(isInForce({ ...CELL, frozenUntilUnixMs: 6 }, 5)).toBe(false);
  });
});
