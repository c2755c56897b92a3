import { createLogger } from "@flock/observability";
import { eventually } from "@flock/provision/testing";
import { KeyUses } from "./key-uses.js";

describe("the uses of keys", () => {
  const logger = createLogger("api", "error", { write: () => {} });
  let nowMs: number;
  let written: [keyId: string, unixMs: number][];
  let isAway: boolean;
  let uses: KeyUses;
  let stop: AbortController;
  let stopped: Promise<void>;

  beforeEach(() => {
    nowMs = 1_000;
    written = [];
    isAway = false;
    uses = new KeyUses({
      store: {
        used: async (batch) => {
          if (isAway) throw new Error("away");
          written.push(...batch);
        },
      },
      clock: { nowMs: () => nowMs, unixMs: () => nowMs },
      logger,
      intervalMs: 2,
    });
    stop = new AbortController();
    stopped = uses.start(stop.signal);
  });
  afterEach(async () => {
    stop.abort();
    await stopped;
  });

  const timesOf = (key: string) => written.flatMap(([keyId, unixMs]) => (keyId === key ? [unixMs] : []));

  it("are written soon after the first, and then once a minute, each time with the newest", async () => {
    uses.note("busy");
    await eventually("the first is written", () => timesOf("busy").length === 1);
    nowMs += 20_000;
    uses.note("busy");
    nowMs += 30_000;
    uses.note("busy");
    uses.note("another");
    await eventually("a round has passed", () => timesOf("another").length === 1);
    expect(timesOf("busy")).toEqual([1_000]);
    nowMs += 10_000;
    await eventually("the minute is over", () => timesOf("busy").length === 2);
    expect(timesOf("busy")).toEqual([1_000, 51_000]);
  });

  it("wait for a database that is away", async () => {
    isAway = true;
    uses.note("key");
    nowMs += 5_000;
    uses.note("key");
    isAway = false;
    await eventually("it is written", () => written.length > 0);
    expect(written).toEqual([["key", 6_000]]);
  });

  it("are written at the end, whenever that is", async () => {
    uses.note("key");
    await eventually("the first is written", () => written.length === 1);
    nowMs += 1;
    uses.note("key");
    stop.abort();
    await stopped;
    expect(timesOf("key")).toEqual([1_000, 1_001]);
  });
});
