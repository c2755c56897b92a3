import { courseWords, dailySpend } from "./key-spend.js";

const row = (day: string, keyId: string, chargeMicro: bigint) => ({ day, keyId, chargeMicro });

describe("what a key spent", () => {
  it("stands at its day, also across a month's end, and what is older is left out", () => {
    const rows = [
      row("2026-12-01", "a", 2_000_000n),
      row("2026-11-30", "a", 500_000n),
      row("2026-11-30", "a", 500_000n),
      row("2026-11-02", "a", 3_000_000n),
      row("2026-11-01", "a", 9_000_000n),
      row("2026-12-01", "b", 1n),
    ];
    // CAST: of a row only these are read.
    const spend = dailySpend(rows as never, "2026-12-01");
    expect([spend.get("a")?.[29], spend.get("a")?.[28], spend.get("a")?.[0]]).toEqual([2, 1, 3]);
    expect(spend.get("b")?.[29]).toBe(0.000001);
  });

  it("is told in words", () => {
    expect(courseWords([0, 0, 0, 0])).toBe("nothing spent in 30 days");
    expect(courseWords([0, 1, 2, 3])).toBe("spend in 30 days, rising");
    expect(courseWords([3, 2, 1, 0])).toBe("spend in 30 days, falling");
    expect(courseWords([1, 1, 1, 1])).toBe("spend in 30 days, steady");
  });
});
