import { makeJob, withWorkers } from "./scheduler-rig.js";

describe("the scheduler", () => {
  it("gives a quarantined worker the jobs that name it, and counts it for no others", () => {
    const { registry, scheduler } = withWorkers([
      { workerId: "w", slotCount: 2, models: ["m"], isQuarantined: true },
    ]);
    const others = makeJob({ accountId: "a" });
    const preferring = makeJob({ accountId: "b", preferredWorkerId: "w" });
    const naming = makeJob({ accountId: "c", onlyWorkerId: "w" });
    for (const one of [others, preferring, naming]) scheduler.enqueue(one, 0);
    expect(scheduler.start(0)).toEqual([naming]);
    expect([scheduler.hasJobNaming("w", "m"), scheduler.hasJobNaming("w", "n")]).toEqual([true, false]);
    const counts = [others, preferring, naming].map((job) => [
      registry.serverCountFor(job),
      registry.capacityFor(job, 0),
    ]);
    expect(counts).toEqual([
      [0, 0],
      [0, 0],
      [1, 2],
    ]);
    scheduler.remove(naming);
    expect(scheduler.hasJobNaming("w", "m")).toBe(false);
  });

  it("keeps no slot of a worker that is quarantined now for tickets that it may not take", () => {
    const { registry, scheduler } = withWorkers([{ workerId: "w", slotCount: 2, models: ["m"] }]);
    const naming = makeJob({ accountId: "a", onlyWorkerId: "w" });
    const other = makeJob({ accountId: "b" });
    for (const one of [naming, other]) scheduler.enqueue(one, 0);
    scheduler.start(0);
    const [worker] = registry.workers;
    if (worker === undefined) throw new Error("no worker");
    worker.isQuarantined = true;
    scheduler.releaseUnfit(worker);
    expect([naming.reservedAt, other.reservedAt, worker.slots.taken]).toEqual([worker, undefined, 1]);
    expect(scheduler.untaken()).toEqual([other]);
  });
});
