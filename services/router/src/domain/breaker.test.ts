import fc from "fast-check";
import { Breaker, type BreakerLimits } from "./breaker.js";

const LIMITS: BreakerLimits = { failuresMax: 3, openMinMs: 1_000, openMaxMs: 8_000, lossWindowMs: 5_000 };

function openedBreaker(nowMs = 0): Breaker {
  const breaker = new Breaker(LIMITS);
  for (let i = 0; i < LIMITS.failuresMax; i++) breaker.fail(nowMs);
  return breaker;
}

describe("Breaker", () => {
  it("opens at the third failure in a row, not before", () => {
    const breaker = new Breaker(LIMITS);
    expect([breaker.fail(0), breaker.fail(0), breaker.state(0)]).toEqual([false, false, "closed"]);
    expect([breaker.fail(0), breaker.state(0), breaker.openForMs(0)]).toEqual([true, "open", 1_000]);
  });

  it("counts failures in a row only: a success starts the count again", () => {
    const breaker = new Breaker(LIMITS);
    breaker.fail(0);
    breaker.fail(0);
    breaker.succeed(0);
    breaker.fail(0);
    expect(breaker.fail(0)).toBe(false);
  });

  it("is half-open when its time has passed, and closes at the probe's success", () => {
    const breaker = openedBreaker();
    expect([breaker.state(999), breaker.state(1_000)]).toEqual(["open", "half-open"]);
    breaker.succeed(1_000);
    expect([breaker.state(1_000), breaker.isClean]).toEqual(["closed", true]);
  });

  it("opens for twice as long each time that the probe fails, up to the bound", () => {
    const breaker = openedBreaker();
    let nowMs = 0;
    const lasted: number[] = [];
    for (let i = 0; i < 5; i++) {
      lasted.push(breaker.openForMs(nowMs));
      nowMs += breaker.openForMs(nowMs);
      expect(breaker.fail(nowMs)).toBe(true);
    }
    expect(lasted).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  });

  it("does not listen to jobs from before while it is open", () => {
    const breaker = openedBreaker();
    breaker.succeed(10);
    expect(breaker.fail(10)).toBe(false);
    expect([breaker.state(10), breaker.openForMs(10)]).toEqual(["open", 990]);
  });

  it("counts a worker that dies with twenty jobs as one failure", () => {
    const breaker = new Breaker(LIMITS);
    for (let i = 0; i < 20; i++) expect(breaker.lose(i)).toBe(false);
    expect(breaker.lose(6_000)).toBe(false);
    expect(breaker.lose(12_000)).toBe(true);
  });

  it("opens again when a probe is lost, however soon after the last loss", () => {
    const breaker = new Breaker(LIMITS);
    breaker.fail(0);
    breaker.fail(0);
    expect(breaker.lose(0)).toBe(true);
    expect([breaker.lose(1_000), breaker.openForMs(1_000)]).toEqual([true, 2_000]);
  });

  it("is open only after enough failures, and never for longer than the bound, whatever happens", () => {
    const event = fc.record({
      afterMs: fc.nat(6_000),
      kind: fc.constantFrom("fail", "lose", "succeed"),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const breaker = new Breaker(LIMITS);
        let nowMs = 0;
        let failuresInRow = 0;
        for (const { afterMs, kind } of events) {
          nowMs += afterMs;
          const before = breaker.state(nowMs);
          if (kind === "succeed") breaker.succeed(nowMs);
          else if (kind === "fail") breaker.fail(nowMs);
          else breaker.lose(nowMs);
          if (before !== "open") failuresInRow = kind === "succeed" ? 0 : failuresInRow + 1;
          if (before === "closed" && breaker.state(nowMs) === "open")
            expect(failuresInRow).toBeGreaterThanOrEqual(3);
          expect(breaker.openForMs(nowMs)).toBeLessThanOrEqual(LIMITS.openMaxMs);
        }
      }),
    );
  });
});
