import { HardwareClass, type ServedModel, WorkerState } from "@flock/proto/workers";
import type { Announcement } from "./announcement.js";
import { Registry, type RegistryLimits } from "./registry.js";
import { ANYBODY, WaitingJob } from "./waiting-job.js";

const LIMITS: RegistryLimits = {
  workersMax: 3,
  breakersMax: 3,
  failuresMax: 2,
  openMinMs: 1_000,
  openMaxMs: 8_000,
  lossWindowMs: 5_000,
};
const DIGEST = "a".repeat(64);

function served(name: string, digest = DIGEST): [string, ServedModel] {
  return [name, { name, digest, sizeBytes: 1, loaded: true, contextLength: 2_048 }];
}

function announcement(workerId: string, changes: Partial<Announcement> = {}): Announcement {
  return {
    workerId,
    startedUnixMs: 1,
    state: WorkerState.READY,
    slotCount: 2,
    models: new Map([served("m:latest")]),
    active: [],
    intervalMs: 1_000,
    isBridged: false,
    hardware: HardwareClass.UNSPECIFIED,
    engine: "",
    ...changes,
  };
}

function registry(
  pinned: Record<string, string> = { "m:latest": DIGEST },
  isQuarantined?: (workerId: string) => boolean,
): Registry {
  const pinOf = (model: string) => {
    const digest = pinned[model];
    return digest === undefined ? undefined : { digest, contextLength: 2_048 };
  };
  return new Registry(LIMITS, pinOf, isQuarantined);
}

function serverIds(from: Registry, model = "m:latest"): string[] {
  return [...from.serversOf(model)].map((worker) => worker.workerId);
}

describe("Registry", () => {
  it("keeps a worker for three of its intervals, at least three seconds", () => {
    const workers = registry();
    workers.hear(announcement("quick", { intervalMs: 200 }), 0);
    workers.hear(announcement("slow", { intervalMs: 2_000 }), 0);
    expect(workers.expire(2_999)).toEqual([]);
    expect(workers.expire(3_000).map((worker) => worker.workerId)).toEqual(["quick"]);
    expect(workers.expire(6_000).map((worker) => worker.workerId)).toEqual(["slow"]);
    expect([workers.size, serverIds(workers)]).toEqual([0, []]);
  });

  it("bounds the life that a worker can ask for", () => {
    const workers = registry();
    workers.hear(announcement("w", { intervalMs: 4_000_000_000 }), 0);
    expect(workers.expire(60_000)).toHaveLength(1);
  });

  it("gives every worker time to be heard again after the router was cut off", () => {
    const workers = registry();
    workers.hear(announcement("w"), 0);
    workers.extendLives(60_000);
    expect([workers.expire(62_999).length, workers.expire(63_000).length]).toEqual([0, 1]);
  });

  it("serves a model only from ready workers with the pinned digest", () => {
    const workers = registry();
    workers.hear(announcement("ready"), 0);
    workers.hear(announcement("paused", { state: WorkerState.PAUSED }), 0);
    workers.hear(announcement("other", { models: new Map([served("m:latest", "b".repeat(64))]) }), 0);
    expect(serverIds(workers)).toEqual(["ready"]);
    expect(workers.find("paused")?.admitted.has("m:latest")).toBe(true);
    expect(workers.find("other")?.admitted.size).toBe(0);
  });

  it("follows a worker that drains and comes back", () => {
    const workers = registry();
    expect(workers.hear(announcement("w"), 0)?.kind).toBe("joined");
    expect(workers.hear(announcement("w"), 0)?.kind).toBe("unchanged");
    expect(workers.hear(announcement("w", { state: WorkerState.DRAINING }), 0)?.kind).toBe("changed");
    expect(serverIds(workers)).toEqual([]);
    workers.hear(announcement("w"), 0);
    expect(serverIds(workers)).toEqual(["w"]);
  });

  it("admits workers when the catalogue learns of their model, and no longer when the digest changes", () => {
    const pinned: Record<string, string> = {};
    const workers = registry(pinned);
    workers.hear(announcement("w"), 0);
    expect(serverIds(workers)).toEqual([]);
    pinned["m:latest"] = DIGEST;
    expect(workers.readmit("m:latest")).toHaveLength(1);
    expect(serverIds(workers)).toEqual(["w"]);
    pinned["m:latest"] = "b".repeat(64);
    expect(workers.readmit("m:latest")).toHaveLength(1);
    expect(serverIds(workers)).toEqual([]);
  });

  it("counts silence as a failure, and a new process of the same worker resets nothing", () => {
    const workers = registry();
    workers.hear(announcement("w"), 0);
    workers.expire(10_000);
    workers.hear(announcement("w", { startedUnixMs: 2 }), 10_000);
    workers.expire(20_000);
    const worker = workers.hear(announcement("w", { startedUnixMs: 3 }), 20_500)?.worker;
    expect(worker?.breaker.state(20_500)).toBe("open");
    expect(workers.blocked(20_500)).toEqual(["w"]);
    expect(workers.freeServerOf("m:latest", ANYBODY, 20_500)).toBeUndefined();
  });

  it("does not count a good-bye as a failure", () => {
    const workers = registry();
    for (let i = 0; i < 5; i++) {
      workers.hear(announcement("w"), i);
      workers.leave("w");
    }
    expect(workers.hear(announcement("w"), 9)?.worker.breaker.isClean).toBe(true);
  });

  it("remembers what is held against a worker that left, until it leaves with nothing held against it", () => {
    const workers = registry();
    workers.hear(announcement("w"), 0)?.worker.breaker.fail(0);
    workers.leave("w");
    const { breaker } = workers.hear(announcement("w"), 1)?.worker ?? {};
    expect(breaker?.isClean).toBe(false);
    breaker?.succeed(1);
    workers.leave("w");
    expect(workers.hear(announcement("w"), 2)?.worker.breaker).not.toBe(breaker);
  });

  it("remembers no more workers that left than its bound, and forgets none that lives", () => {
    const workers = registry();
    const { breaker: living } = workers.hear(announcement("living"), 0)?.worker ?? {};
    living?.fail(0);
    for (let i = 0; i < 10; i++) {
      workers.hear(announcement(`w${i}`), 0)?.worker.breaker.fail(0);
      workers.leave(`w${i}`);
    }
    const isClean = (workerId: string) => {
      const { breaker } = workers.hear(announcement(workerId), 1)?.worker ?? {};
      if (workerId !== "living") workers.leave(workerId);
      return breaker?.isClean;
    };
    expect(["w6", "w7", "w8", "w9", "living"].map(isClean)).toEqual([true, false, false, false, false]);
  });

  it("keeps the trust in a live worker, however many others come and go", () => {
    const workers = registry();
    const worker = workers.hear(announcement("w", { slotCount: 99 }), 0)?.worker;
    for (let i = 0; i < 20; i++) {
      workers.hear(announcement(`w${i}`), 0);
      workers.leave(`w${i}`);
    }
    workers.judge("w", "succeeded", 1);
    expect(worker?.capacity(1)).toBe(99);
    workers.leave("w");
    expect(workers.hear(announcement("w", { slotCount: 99 }), 2)?.worker.capacity(2)).toBe(99);
  });

  it("trusts no worker the more for leases that it only says it runs", () => {
    const workers = registry();
    for (const id of ["liar", "busy"]) {
      const active = Array.from({ length: 40 }, (_, job) => ({ jobId: `made-up-${job}`, lease: 1 }));
      const worker = workers.hear(announcement(id, { slotCount: 99, active }), 0)?.worker;
      workers.judge(id, "succeeded", 0);
      if (id === "busy")
        for (let job = 0; job < 4; job++) worker?.slots.grant(`job-${job}`, 1, { model: undefined }, 0);
      workers.judge(id, "lost", 1);
    }
    expect(workers.trustOf("liar").left(1)).toBe(1);
    expect(workers.trustOf("busy").left(1)).toBe(Number.POSITIVE_INFINITY);
  });

  it("gives a half-open worker one job at a time", () => {
    const workers = registry();
    const worker = workers.hear(announcement("w", { slotCount: 8 }), 0)?.worker;
    worker?.breaker.fail(0);
    worker?.breaker.fail(0);
    expect([worker?.capacity(999), worker?.capacity(1_000)]).toEqual([0, 1]);
  });

  it("gives nothing to a worker that was reported lost until it is heard again", () => {
    const workers = registry();
    const worker = workers.hear(announcement("w"), 0)?.worker;
    if (worker) worker.isSuspect = true;
    expect(worker?.capacity(0)).toBe(0);
    workers.hear(announcement("w"), 1);
    expect(worker?.capacity(1)).toBe(2);
  });

  it("knows that a restarted process runs none of the old one's leases", () => {
    const workers = registry();
    const worker = workers.hear(announcement("w"), 0)?.worker;
    worker?.slots.grant("job", 1, { model: undefined }, 0);
    expect(workers.hear(announcement("w", { startedUnixMs: 2 }), 1)?.kind).toBe("restarted");
    expect(worker?.slots.leases).toBe(0);
  });

  it("takes no more workers than its bound, and still hears those it has", () => {
    const workers = registry();
    for (const id of ["a", "b", "c"]) workers.hear(announcement(id), 0);
    expect(workers.hear(announcement("d"), 0)).toBeUndefined();
    expect(workers.hear(announcement("a"), 0)?.kind).toBe("unchanged");
    expect(workers.size).toBe(3);
  });

  it("holds against a worker what is told of it after it has left", () => {
    const workers = registry();
    workers.hear(announcement("w"), 0);
    workers.leave("w");
    for (let failure = 0; failure < LIMITS.failuresMax; failure++) workers.judge("w", "failed", 1);
    const back = workers.hear(announcement("w"), 2)?.worker;
    expect(back?.breaker.state(2)).toBe("open");
    workers.judge("never known", "succeeded", 3);
    expect(workers.hear(announcement("never known"), 3)?.worker.breaker.isClean).toBe(true);
  });

  it("has a quarantined worker serve nobody, from when it is so until it is not, through heartbeats", () => {
    const quarantined = new Set<string>();
    const workers = registry(undefined, (workerId) => quarantined.has(workerId));
    workers.hear(announcement("w"), 0);
    expect(workers.reclassify("w")).toBeUndefined();
    quarantined.add("w").add("stranger");
    expect(workers.reclassify("stranger")).toBeUndefined();
    expect(workers.reclassify("w")?.isQuarantined).toBe(true);
    expect(workers.hear(announcement("w"), 1)?.kind).toBe("unchanged");
    expect([serverIds(workers), workers.freeServerOf("m:latest", ANYBODY, 1)]).toEqual([[], undefined]);
    quarantined.delete("w");
    expect(workers.reclassify("w")?.isQuarantined).toBe(false);
    expect(serverIds(workers)).toEqual(["w"]);
    quarantined.add("w");
    workers.leave("w");
    expect(workers.hear(announcement("w"), 2)?.worker.isQuarantined).toBe(true);
    expect(serverIds(workers)).toEqual([]);
  });

  describe("with workers that a bridge speaks for", () => {
    const bridged = (workerId: string, changes: Partial<Announcement> = {}) =>
      announcement(workerId, { isBridged: true, ...changes });

    it("gives them what no ordinary worker is free for", () => {
      const workers = registry();
      workers.hear(bridged("bridged"), 0);
      workers.hear(announcement("ordinary", { slotCount: 1 }), 0);
      expect(workers.freeServerOf("m:latest", ANYBODY, 0)?.workerId).toBe("ordinary");
      workers.find("ordinary")?.slots.reserve("job", 0);
      expect(workers.freeServerOf("m:latest", ANYBODY, 0)?.workerId).toBe("bridged");
    });

    it("gives them nothing that is to be sealed", () => {
      const workers = registry();
      workers.hear(bridged("bridged"), 0);
      const sealed = new WaitingJob(
        {
          jobId: "job",
          requesterId: "r",
          accountId: "a",
          model: "m:latest",
          weight: 1,
          traceparent: "",
          deadlineMs: 1,
          excluded: new Set<string>(),
          isResumed: false,
          needsSealing: true,
        },
        0,
      );
      expect(workers.freeServerOf("m:latest", sealed, 0)).toBeUndefined();
      expect([workers.serverCountFor(sealed), workers.capacityFor(sealed, 0)]).toEqual([0, 0]);
      workers.hear(announcement("ordinary"), 0);
      expect(workers.freeServerOf("m:latest", sealed, 0)?.workerId).toBe("ordinary");
    });

    it("lets none of them stand for a pin, nor renew one", () => {
      const workers = registry();
      workers.hear(bridged("bridged"), 0);
      expect(workers.standsForPin("m:latest")).toBe(false);
      expect(workers.smallestContextOf("m:latest")).toBe(Number.POSITIVE_INFINITY);
      workers.hear(announcement("ordinary"), 0);
      expect(workers.standsForPin("m:latest")).toBe(true);
    });

    it("begins each with one job at a time, until it has done one", () => {
      const workers = registry();
      const worker = workers.hear(bridged("bridged"), 0)?.worker;
      expect(worker?.capacity(0)).toBe(1);
      workers.judge("bridged", "succeeded", 1);
      expect(worker?.capacity(1)).toBe(2);
    });

    it("begins one that left before its failure was told of with one job at a time again", () => {
      const workers = registry();
      workers.hear(bridged("bridged"), 0);
      workers.leave("bridged");
      workers.judge("bridged", "failed", 1);
      expect(workers.hear(bridged("bridged"), 2)?.worker.capacity(2)).toBe(1);
    });

    it("forgets one that was never tried, and remembers one that has failed", () => {
      const workers = registry();
      workers.hear(bridged("untried"), 0);
      workers.leave("untried");
      expect(workers.hear(bridged("untried"), 1)?.worker.capacity(1)).toBe(1);
      workers.hear(bridged("failing"), 0);
      workers.judge("failing", "failed", 0);
      workers.leave("failing");
      expect(workers.hear(bridged("failing"), 1)?.worker.capacity(1)).toBe(0);
    });
  });
});
