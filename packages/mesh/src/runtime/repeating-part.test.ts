import { createLogger } from "@flock/observability";
import { jest } from "@jest/globals";
import { type RepeatingOptions, repeating } from "./repeating-part.js";
import { Wake } from "./wake.js";

const INTERVAL_MS = 1_000;

let stop: AbortController;
let ended: Promise<void>;
let roundsAtMs: number[];
let startedAtMs: number;

beforeEach(() => {
  jest.useFakeTimers();
  stop = new AbortController();
  roundsAtMs = [];
});
afterEach(async () => {
  stop.abort();
  await ended;
  jest.useRealTimers();
});

/** Starts a part that notes when its rounds are. */
function start(options: Partial<RepeatingOptions>, round: () => Promise<boolean> = async () => false): void {
  const logger = createLogger("test", "silent");
  startedAtMs = Date.now();
  const part = repeating({ name: "part", logger, intervalMs: INTERVAL_MS, ...options }, () => {
    roundsAtMs.push(Date.now() - startedAtMs);
    return round();
  });
  ended = Promise.resolve(part.start(stop.signal));
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe("a repeating part", () => {
  it("does its round at once and then once per interval", async () => {
    start({});
    await pass(2_500);
    expect(roundsAtMs).toEqual([0, 1_000, 2_000]);
  });

  it("does not begin before its time, nor at all when it is stopped before", async () => {
    start({ firstAfterMs: 5_000 });
    await pass(4_999);
    expect(roundsAtMs).toEqual([]);
    await pass(1_001);
    expect(roundsAtMs).toEqual([5_000, 6_000]);
    stop.abort();
    await ended;
    start({ firstAfterMs: 5_000 });
    stop.abort();
    await pass(5_000);
    expect(roundsAtMs).toEqual([5_000, 6_000]);
  });

  it("goes on at once while there is more to do", async () => {
    let left = 3;
    start({}, async () => left-- > 0);
    await pass(500);
    expect(roundsAtMs).toEqual([0, 0, 0, 0]);
  });

  it("takes longer pauses while rounds fail, up to ten intervals, and the usual one after", async () => {
    let failures = 5;
    start({}, async () => {
      if (failures-- > 0) throw new Error("away");
      return false;
    });
    await pass(36_500);
    expect(roundsAtMs).toEqual([0, 2_000, 6_000, 14_000, 24_000, 34_000, 35_000, 36_000]);
  });

  it("has its pause ended by a wake, and gathers what else comes up before its round", async () => {
    const wake = new Wake();
    start({ wake, gatherMs: 200 });
    await pass(100);
    wake.call();
    await pass(100);
    wake.call();
    await pass(99);
    expect(roundsAtMs).toEqual([0]);
    await pass(1);
    expect(roundsAtMs).toEqual([0, 300]);
    await pass(999);
    wake.call();
    await pass(200);
    expect(roundsAtMs).toEqual([0, 300, 1_499]);
  });

  it("is not woken out of the pause after a round that failed", async () => {
    const wake = new Wake();
    start({ wake }, () => Promise.reject(new Error("away")));
    await pass(100);
    wake.call();
    await pass(1_800);
    expect(roundsAtMs).toEqual([0]);
  });

  it.each([
    [true, 2],
    [false, 1],
  ])("stopped in its pause, with a last round: %s, does %i in all", async (hasLastRound, rounds) => {
    start({ hasLastRound });
    await pass(100);
    stop.abort();
    await ended;
    expect(roundsAtMs).toHaveLength(rounds);
  });
});
