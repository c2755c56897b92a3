import { SteppedClock } from "@flock/mesh/testing";
import { NoJobReason } from "@flock/proto/router";
import { WorkerState } from "@flock/proto/workers";
import type { Announcement } from "../src/domain/announcement.js";
import { Registry } from "../src/domain/registry.js";
import { Scheduler } from "../src/domain/scheduler.js";
import { WaitingJob } from "../src/domain/waiting-job.js";
import { IdleWatch } from "../src/idle-watch.js";

const DIGEST = "a".repeat(64);
const { QUARANTINED, CONVICTED } = NoJobReason;
const { NO_DEMAND, OTHERS_FIRST, BREAKER_OPEN, CUT_OFF, BANNED, UNTRIED, PAUSED, DRAINING, NOT_ADMITTED } =
  NoJobReason;

describe("the watch over idle workers", () => {
  let clock: SteppedClock;
  let registry: Registry;
  let scheduler: Scheduler;
  let watch: IdleWatch;
  let bans: Set<string>;
  let convicted: Set<string>;
  let quarantined: Set<string>;
  let cutOffs: Set<string>;
  let counted: [reason: string, seconds: number][];

  beforeEach(() => {
    clock = new SteppedClock();
    bans = new Set();
    convicted = new Set();
    quarantined = new Set();
    cutOffs = new Set();
    counted = [];
    const limits = { workersMax: 3_000, breakersMax: 10, failuresMax: 1, openMinMs: 5_000, openMaxMs: 5_000 };
    registry = new Registry(
      { ...limits, lossWindowMs: 5_000 },
      (model) => (model.startsWith("m") ? { digest: DIGEST, contextLength: 2_048 } : undefined),
      (workerId) => quarantined.has(workerId),
    );
    scheduler = new Scheduler(registry, {
      ...{ starvationBoundMs: 30_000, renewTimeoutMs: 5_000 },
      ...{ unservedMaxMs: 10_000, reservationMaxMs: 2_000 },
    });
    watch = new IdleWatch({
      ...{ registry, scheduler, clock, workersMax: 3_000, mesh: { isConnected: () => true } },
      shutOut: {
        isBanned: (id) => bans.has(id),
        isConvicted: (id) => convicted.has(id),
        cutOffForMs: (id) => (cutOffs.has(id) ? 1 : 0),
      },
      metrics: { countNoJob: (...each) => void counted.push(each) },
    });
  });

  function hear(workerId: string, more: Partial<Announcement> & { readonly model?: string } = {}): void {
    const { model = "m", ...changes } = more;
    const served = { name: model, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 };
    const facts = {
      startedUnixMs: 1,
      state: WorkerState.READY,
      active: [],
      isBridged: false,
      hardware: 0,
      engine: "",
    };
    const heartbeat = {
      ...facts,
      workerId,
      slotCount: 2,
      intervalMs: 1_000,
      models: new Map([[model, served]]),
    };
    registry.hear({ ...heartbeat, ...changes }, clock.nowMs());
  }

  function wait(jobId: string, more: { readonly onlyWorkerId?: string } = {}): void {
    const facts = {
      jobId,
      requesterId: "r",
      accountId: "a",
      model: "m",
      weight: 1,
      excluded: new Set<string>(),
    };
    const deadlineMs = clock.nowMs() + 60_000;
    const job = { ...facts, ...more, deadlineMs, isResumed: false, traceparent: "" };
    scheduler.enqueue(new WaitingJob(job, clock.nowMs()), clock.nowMs());
  }

  /** One look, and what the worker has got by it. */
  function look(workerId = "w"): NoJobReason | undefined {
    const before = watch.idlenessOf(workerId).noJob;
    clock.step(1_000);
    watch.look();
    const after = watch.idlenessOf(workerId).noJob;
    return [...after].find(([reason, seconds]) => seconds > (before.get(reason) ?? 0))?.[0];
  }

  it("sees that nobody wants anything of it", () => {
    hear("w");
    expect([look(), look()]).toEqual([NO_DEMAND, NO_DEMAND]);
    expect(watch.idlenessOf("w").noJob).toEqual(new Map([[NO_DEMAND, 2]]));
    hear("other", { state: WorkerState.PAUSED });
    hear("third");
    look();
    expect(counted.slice(2)).toEqual([
      ["no_demand", 2],
      ["paused", 1],
    ]);
  });

  it("sees that jobs went to another, within the second alone, and not that they came to it", () => {
    hear("w");
    hear("other");
    watch.took("m", "w");
    expect(look()).toBe(NO_DEMAND);
    watch.took("m", "other");
    expect(look()).toBe(OTHERS_FIRST);
    expect(look()).toBe(NO_DEMAND);
    watch.took("m", "w");
    watch.took("m", "other");
    expect(look()).toBe(OTHERS_FIRST);
    watch.took("n", "other");
    expect(look()).toBe(NO_DEMAND);
  });

  it("sees that a job waits for another", () => {
    hear("w");
    hear("other", { slotCount: 0 });
    wait("j", { onlyWorkerId: "other" });
    expect(look()).toBe(OTHERS_FIRST);
  });

  it("sees that it may have no more yet, whatever it says that it could run", () => {
    hear("w", { slotCount: 20 });
    for (let lease = 0; lease < 8; lease++) {
      registry.find("w")?.slots.grant(`j${lease}`, 1, { model: "m" }, clock.nowMs());
      registry.trustOf("w").granted(`1/j${lease}`, clock.nowMs());
    }
    wait("waits");
    expect(look()).toBe(UNTRIED);
  });

  it("counts nothing where no slot is free", () => {
    hear("w", { slotCount: 1 });
    registry.find("w")?.slots.grant("j", 1, { model: "m" }, clock.nowMs());
    expect(look()).toBeUndefined();
  });

  it.each([
    [PAUSED, () => hear("w", { state: WorkerState.PAUSED })],
    [DRAINING, () => hear("w", { state: WorkerState.DRAINING })],
    [NOT_ADMITTED, () => hear("w", { model: "unknown" })],
    [
      BREAKER_OPEN,
      () => {
        hear("w");
        registry.judge("w", "failed", clock.nowMs());
      },
    ],
    [
      BANNED,
      () => {
        bans.add("w");
        watch.heardShutOut("w");
      },
    ],
    [
      CONVICTED,
      () => {
        convicted.add("w");
        watch.heardShutOut("w");
      },
    ],
    [
      QUARANTINED,
      () => {
        quarantined.add("w");
        hear("w");
      },
    ],
    [
      CUT_OFF,
      () => {
        cutOffs.add("w");
        watch.heardShutOut("w");
      },
    ],
  ])("sees reason %i", (reason, arrange) => {
    arrange();
    expect(look()).toBe(reason);
  });

  it("counts who is shut out as long as it is heard, and says when it was", () => {
    bans.add("w");
    watch.heardShutOut("w");
    const heardUnixMs = clock.unixMs();
    const seen = Array.from({ length: 20 }, () => look());
    expect(seen).toEqual([...Array(10).fill(BANNED), ...Array(10).fill(undefined)]);
    expect(watch.idlenessOf("w").heardUnixMs).toBe(heardUnixMs);
  });

  it("remembers who has gone, and when it was heard", () => {
    hear("w");
    const heardUnixMs = clock.unixMs();
    look();
    registry.leave("w");
    expect(look()).toBeUndefined();
    expect(watch.idlenessOf("w")).toEqual({ heardUnixMs, noJob: new Map([[NO_DEMAND, 1]]) });
    expect(watch.idlenessOf("nobody")).toEqual({ heardUnixMs: undefined, noJob: new Map() });
  });
});
