import { Kept } from "./kept.js";

describe("Kept", () => {
  it("reads once for all who ask within its time, then again", async () => {
    let nowMs = 0;
    let reads = 0;
    const kept = new Kept(
      async () => ++reads,
      100,
      () => nowMs,
    );
    expect(await Promise.all([kept.value(), kept.value()])).toEqual([1, 1]);
    nowMs = 99;
    expect(await kept.value()).toBe(1);
    nowMs = 100;
    expect(await kept.value()).toBe(2);
  });

  it("does not keep a failure", async () => {
    let reads = 0;
    const kept = new Kept(
      async () => {
        reads += 1;
        if (reads === 1) throw new Error("away");
        return reads;
      },
      100,
      () => 0,
    );
    await expect(kept.value()).rejects.toThrow("away");
    expect(await kept.value()).toBe(2);
  });
});
