import { RecentCount } from "./recent-count.js";

const MINUTE_MS = 60_000;

describe("a count of the last hour", () => {
  it("has what happened in it, and forgets it minute by minute", () => {
    const recent = new RecentCount();
    expect(recent.count(0)).toBe(0);
    for (const minute of [0, 0, 1, 30]) recent.add(minute * MINUTE_MS);
    expect([59, 60, 61, 89, 90].map((minute) => recent.count(minute * MINUTE_MS))).toEqual([4, 2, 1, 1, 0]);
    recent.add(90 * MINUTE_MS);
    expect(recent.count(90 * MINUTE_MS)).toBe(1);
  });
});
