import fc from "fast-check";
import { SLOT_GAUGE_DEFAULTS, SlotGauge } from "./slot-gauge.js";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

function gauge(slotsMax = 4): SlotGauge {
  return new SlotGauge({ ...SLOT_GAUGE_DEFAULTS, slotsMax });
}

/** Four runs that began together, of which the engine works at the first `parallel`. */
function crowd(slots: SlotGauge, parallel: number): void {
  for (let run = 0; run < 4; run++) slots.began(`r${run}`, 0, false, 0);
  for (let run = 0; run < parallel; run++) slots.hadOutput(`r${run}`, 9 * SECOND);
}

describe("the slots of a worker", () => {
  it("are as many as configured while nothing tells otherwise", () => {
    const slots = gauge();
    crowd(slots, 4);
    expect(slots.look(11 * SECOND)).toEqual([]);
    expect(slots.slots).toBe(4);
  });

  it("become as many as the engine works at, and the runs behind those are given back", () => {
    const slots = gauge();
    crowd(slots, 1);
    expect(slots.look(10 * SECOND)).toEqual([]);
    expect(slots.look(11 * SECOND)).toEqual(["r1", "r2", "r3"]);
    expect(slots.slots).toBe(1);
  });

  it("stay while the engine says nothing to anybody: it loads a model, or reads a prompt alone", () => {
    const slots = gauge();
    crowd(slots, 0);
    expect(slots.look(10 * MINUTE)).toEqual([]);
    expect(slots.slots).toBe(4);
  });

  it("give a long prompt more time to be read", () => {
    const slots = gauge();
    slots.began("short", 0, false, 0);
    slots.began("long", 4_000, false, 0);
    slots.hadOutput("short", 29 * SECOND);
    expect(slots.look(29 * SECOND)).toEqual([]);
    slots.hadOutput("short", 31 * SECOND);
    expect(slots.look(31 * SECOND)).toEqual(["long"]);
  });

  it("give back no run whose engine is silent while it works at it", () => {
    const slots = gauge();
    slots.began("tool call", 0, true, 0);
    slots.began("story", 0, false, 0);
    slots.hadOutput("story", 5 * MINUTE);
    expect(slots.look(5 * MINUTE)).toEqual([]);
  });

  it("are tried with one more after ten minutes, then after twenty", () => {
    const slots = gauge();
    crowd(slots, 1);
    slots.look(11 * SECOND);
    for (let run = 0; run < 4; run++) slots.ended(`r${run}`);
    const at = (ms: number): number => {
      slots.look(ms);
      return slots.slots;
    };
    expect([at(10 * MINUTE), at(11 * MINUTE)]).toEqual([1, 2]);
    slots.began("first", 0, false, 11 * MINUTE);
    slots.began("second", 0, false, 11 * MINUTE);
    slots.hadOutput("first", 12 * MINUTE);
    expect(slots.look(12 * MINUTE)).toEqual(["second"]);
    for (const run of ["first", "second"]) slots.ended(run);
    expect([at(31 * MINUTE), at(33 * MINUTE)]).toEqual([1, 2]);
  });

  it("are as configured again when the engine has been away", () => {
    const slots = gauge();
    crowd(slots, 1);
    slots.look(11 * SECOND);
    slots.reset();
    expect(slots.slots).toBe(4);
  });

  it("are never none and never more than configured, whatever happens", () => {
    const event = fc.record({
      kind: fc.constantFrom("began", "output", "ended", "look"),
      run: fc.nat(5),
      passedMs: fc.nat(20 * MINUTE),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.integer({ min: 1, max: 8 }), (events, slotsMax) => {
        const slots = gauge(slotsMax);
        let nowMs = 0;
        for (const { kind, run, passedMs } of events) {
          nowMs += passedMs;
          if (kind === "began") slots.began(`r${run}`, 0, false, nowMs);
          else if (kind === "output") slots.hadOutput(`r${run}`, nowMs);
          else if (kind === "ended") slots.ended(`r${run}`);
          else slots.look(nowMs);
          expect(slots.slots).toBeGreaterThanOrEqual(1);
          expect(slots.slots).toBeLessThanOrEqual(slotsMax);
        }
      }),
    );
  });
});
