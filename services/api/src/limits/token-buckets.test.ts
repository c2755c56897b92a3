import { TokenBuckets } from "./token-buckets.js";

function bucketsUnderTest(keysMax = 100) {
  let nowMs = 0;
  const buckets = new TokenBuckets(keysMax, () => nowMs);
  const pass = (durationMs: number) => {
    nowMs += durationMs;
  };
  return { buckets, pass };
}

describe("TokenBuckets", () => {
  it("give a minute's worth at once, then one whenever its share of the minute has passed, to each key", () => {
    const { buckets, pass } = bucketsUnderTest();
    for (let time = 0; time < 3; time += 1) expect(buckets.take("a", 3)).toBe(0);
    expect(buckets.take("a", 3)).toBe(20_000);
    expect(buckets.take("b", 3)).toBe(0);
    pass(19_999);
    expect(buckets.take("a", 3)).toBe(1);
    pass(1);
    expect(buckets.take("a", 3)).toBe(0);
    expect(buckets.take("a", 3)).toBe(20_000);
  });

  it("save up a minute's worth and no more, and follow a new rate at once", () => {
    const { buckets, pass } = bucketsUnderTest();
    buckets.take("a", 3);
    pass(3_600_000);
    for (let time = 0; time < 3; time += 1) expect(buckets.take("a", 3)).toBe(0);
    expect(buckets.take("a", 3)).toBe(20_000);
    pass(60_000);
    expect(buckets.take("a", 1)).toBe(0);
    expect(buckets.take("a", 1)).toBe(60_000);
  });

  it("hold no more keys than they may, and forget the one that was not asked for longest", () => {
    const { buckets } = bucketsUnderTest(2);
    buckets.take("a", 1);
    buckets.take("b", 1);
    expect(buckets.take("a", 1)).toBeGreaterThan(0);
    buckets.take("c", 1);
    expect(buckets.take("a", 1)).toBeGreaterThan(0);
    expect(buckets.take("b", 1)).toBe(0);
  });
});
