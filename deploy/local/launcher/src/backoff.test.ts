import { backoffMs } from "./backoff.js";

describe("backoffMs", () => {
  it("doubles from 100 ms up to 15 s", () => {
    expect([1, 2, 3, 4, 5, 8, 9, 50].map(backoffMs)).toEqual([
      100, 200, 400, 800, 1_600, 12_800, 15_000, 15_000,
    ]);
  });
});
