import fc from "fast-check";
import { JobTimeline } from "./job-timeline.js";

describe("the timeline of a job", () => {
  it("divides a wait as the ticket says, and the rest by the first piece of the answer", () => {
    const timeline = new JobTimeline(100);
    timeline.claimed(150, 40);
    timeline.produced(180);
    timeline.produced(190);
    timeline.ended(250);
    expect(timeline.timings(1_000)).toEqual({ queueMs: 40, claimMs: 10, prefillMs: 30, decodeMs: 70 });
  });

  it("adds up all of its leases", () => {
    const timeline = new JobTimeline(0);
    timeline.claimed(10, 8);
    timeline.produced(30);
    timeline.released(60);
    timeline.claimed(100, 35);
    timeline.produced(101);
    timeline.ended(111);
    expect(timeline.timings(111)).toEqual({ queueMs: 43, claimMs: 7, prefillMs: 21, decodeMs: 40 });
  });

  it("believes no worker that its job was queued for longer than it has waited", () => {
    const timeline = new JobTimeline(0);
    timeline.claimed(10, 4_294_967_295);
    expect(timeline.timings(10)).toEqual({ queueMs: 10, claimMs: 0, prefillMs: 0, decodeMs: 0 });
  });

  it("tells the stage that goes on as far as it is", () => {
    const timeline = new JobTimeline(0);
    expect(timeline.timings(5)).toMatchObject({ queueMs: 5 });
    timeline.claimed(5, 5);
    expect(timeline.timings(7)).toMatchObject({ queueMs: 5, prefillMs: 2 });
    timeline.produced(7);
    expect(timeline.timings(17)).toMatchObject({ prefillMs: 2, decodeMs: 10 });
  });

  it("loses no time and counts none twice, whatever happens", () => {
    const step = fc.tuple(fc.constantFrom("claimed", "produced", "released"), fc.nat(1_000), fc.nat(2_000));
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const timeline = new JobTimeline(0);
        let nowMs = 0;
        let isWaiting = true;
        for (const [what, passedMs, queuedMs] of steps) {
          nowMs += passedMs;
          if (what === "claimed" && isWaiting) timeline.claimed(nowMs, queuedMs);
          else if (what === "produced" && !isWaiting) timeline.produced(nowMs);
          else if (what === "released" && !isWaiting) timeline.released(nowMs);
          else continue;
          isWaiting = what === "released";
        }
        const timings = Object.values(timeline.timings(nowMs));
        expect(timings.reduce((sum, each) => sum + each, 0)).toBe(nowMs);
        expect(Math.min(...timings)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
