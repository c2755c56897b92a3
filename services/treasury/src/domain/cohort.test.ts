import { bisect, isolate } from "./cohort.js";

describe("cohorts", () => {
  it("halve a failed batch", () => {
    expect(bisect("b", 5)).toEqual(["b/0", "b/0", "b/0", "b/1", "b/1"]);
    expect(bisect("b", 1)).toEqual(["b/0"]);
  });

  it("set a known culprit apart, and leave the others together", () => {
    expect(isolate("b", "", 3, 1)).toEqual(["", "b/x", ""]);
  });

  it("find one poison among n in about 2·log2(n) batches", () => {
    let batches = 0;
    const pay = (payouts: readonly number[], id: string): void => {
      batches += 1;
      if (!payouts.includes(13) || payouts.length === 1) return;
      const cohorts = bisect(id, payouts.length);
      for (const half of ["0", "1"])
        pay(
          payouts.filter((_, index) => cohorts[index] === `${id}/${half}`),
          `${id}${half}`,
        );
    };
    pay(
      Array.from({ length: 18 }, (_, index) => index),
      "b",
    );
    expect(batches).toBeLessThanOrEqual(11);
  });
});
