import { daysBetween, type EarningsRow, sumsBy } from "./earnings.js";
import { idleReasons, reasonOf } from "./worker.js";

function row(day: string, model: string, share: string, back = "0"): EarningsRow {
  return {
    ...{ day, model, worker_id: "w", jobs: "2", prompt_tokens: "1", completion_tokens: "1" },
    ...{ share_micro: share, clawed_back_micro: back },
  };
}

describe("sums of earnings", () => {
  it("are exact beyond what a number holds, and have the most earned first", () => {
    const rows = [
      row("2026-11-29", "a", "1"),
      row("2026-11-30", "b", "9007199254740993", "7"),
      row("2026-11-30", "a", "2"),
    ];
    expect(sumsBy(rows, ({ model }) => model)).toEqual([
      { name: "b", earnedMicro: 9_007_199_254_740_993n, clawedBackMicro: 7n, jobs: 2n },
      { name: "a", earnedMicro: 3n, clawedBackMicro: 0n, jobs: 4n },
    ]);
  });

  it("are drawn for every day between, also those without a row", () => {
    expect(daysBetween("2026-02-27", "2026-03-01")).toEqual(["2026-02-27", "2026-02-28", "2026-03-01"]);
    expect(daysBetween("nonsense", "2026-03-01")).toEqual([]);
  });
});

describe("why a worker got no job", () => {
  it("is told in words, the longest reason first, and as it is if it is not known here", () => {
    const no_job = [
      { reason: "paused", seconds: 5 },
      { reason: "banned", seconds: 0 },
      { reason: "constructor", seconds: 60 },
    ];
    expect(idleReasons({ no_job }).map(({ reason }) => reasonOf(reason).name)).toEqual([
      "constructor",
      "It is paused",
    ]);
  });
});
