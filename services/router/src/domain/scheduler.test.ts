import fc from "fast-check";
import { LIMITS, makeJob, NOBODY, type WorkerSpec, withWorkers } from "../../test/scheduler-rig.js";
import type { Registry } from "./registry.js";
import type { Scheduler } from "./scheduler.js";
import { WaitingJob } from "./waiting-job.js";

describe("Scheduler", () => {
  it("sends out no more tickets than there are free slots", () => {
    const { scheduler } = withWorkers([{ workerId: "w", slotCount: 2, models: ["m"] }]);
    for (let i = 0; i < 5; i++) scheduler.enqueue(makeJob({ accountId: "a" }), 0);
    expect(scheduler.start(0)).toHaveLength(2);
    expect([scheduler.start(0).length, scheduler.queuedTotal, scheduler.queuedOf("a")]).toEqual([0, 3, 3]);
  });

  it("counts a slot once, though its worker serves two models", () => {
    const { scheduler } = withWorkers([{ workerId: "w", slotCount: 1, models: ["m", "n"] }]);
    scheduler.enqueue(makeJob({ accountId: "a", model: "m" }), 0);
    scheduler.enqueue(makeJob({ accountId: "b", model: "n" }), 0);
    expect(scheduler.start(0)).toHaveLength(1);
  });

  it("gives the slot back when the ticket was granted to another worker than the one it was counted against", () => {
    const { registry, scheduler } = withWorkers([
      { workerId: "v", slotCount: 1, models: ["m"] },
      { workerId: "w", slotCount: 1, models: ["m"] },
    ]);
    const [job] = [makeJob({ accountId: "a" })];
    scheduler.enqueue(job, 0);
    scheduler.start(0);
    const other = [...registry.workers].find((worker) => worker !== job.reservedAt);
    other?.slots.grant(job.jobId, 1, { model: "m" }, 0);
    scheduler.remove(job);
    expect([...registry.workers].map((worker) => worker.slots.taken).sort()).toEqual([0, 1]);
  });

  it("waits with a job that every live worker is excluded for, and starts it when one is not", () => {
    const { scheduler } = withWorkers([{ workerId: "w", slotCount: 1, models: ["m"] }]);
    const job = makeJob({ accountId: "a", excluded: ["w"] });
    scheduler.enqueue(job, 0);
    expect(scheduler.start(0)).toEqual([]);
    job.excluded = NOBODY;
    expect(scheduler.start(0)).toEqual([job]);
  });

  it("gives a job to the only worker that may have it, however many are idle", () => {
    const { registry, scheduler } = withWorkers([
      { workerId: "v", slotCount: 1, models: ["m"] },
      { workerId: "w", slotCount: 1, models: ["m"] },
    ]);
    const job = makeJob({ accountId: "a", onlyWorkerId: "w" });
    const next = makeJob({ accountId: "a", onlyWorkerId: "w" });
    for (const one of [job, next]) scheduler.enqueue(one, 0);
    expect(scheduler.start(0)).toEqual([job]);
    expect(job.reservedAt?.workerId).toBe("w");
    expect([registry.serverCountFor(next), registry.capacityFor(next, 0)]).toEqual([1, 1]);
  });

  it("lets a job that bars the idle worker wait, and starts the next one in its place", () => {
    const { scheduler } = withWorkers([{ workerId: "w", slotCount: 1, models: ["m"] }]);
    const barring = makeJob({ accountId: "a", barred: ["w"] });
    const other = makeJob({ accountId: "a" });
    for (const one of [barring, other]) scheduler.enqueue(one, 0);
    expect(barring.isReturning).toBe(false);
    expect(scheduler.start(0)).toEqual([other]);
  });

  it("gives a job up that no live worker may have for too long, though others serve its model", () => {
    const { scheduler } = withWorkers([{ workerId: "w", slotCount: 1, models: ["m"] }]);
    const job = makeJob({ accountId: "a", onlyWorkerId: "gone" });
    scheduler.enqueue(job, 0);
    expect(scheduler.removeOverdue(0)).toEqual([]);
    scheduler.extendTimeouts(LIMITS.unservedMaxMs);
    expect(scheduler.removeOverdue(LIMITS.unservedMaxMs)).toEqual([]);
    const overdue = scheduler.removeOverdue(LIMITS.unservedMaxMs + 1);
    expect(overdue).toEqual([{ job, departure: "unserved", wasQueued: true }]);
  });

  it("puts a resumed job before the others of its account", () => {
    const { scheduler } = withWorkers([{ workerId: "w", slotCount: 1, models: ["m"] }]);
    scheduler.enqueue(makeJob({ accountId: "a" }), 0);
    const resumed = makeJob({ accountId: "a", isResumed: true });
    scheduler.enqueue(resumed, 0);
    expect(scheduler.start(0)).toEqual([resumed]);
  });

  it("releases the slot of a ticket that nobody takes, and then trusts its worker with one at a time", () => {
    const { registry, scheduler } = withWorkers([{ workerId: "w", slotCount: 3, models: ["m"] }]);
    for (let i = 0; i < 9; i++) scheduler.enqueue(makeJob({ accountId: "a" }), 0);
    expect(scheduler.start(0)).toHaveLength(3);
    expect([...scheduler.releaseStale(2_001)].map(({ model }) => model)).toEqual(["m", "m", "m"]);
    expect([scheduler.start(2_001).length, scheduler.start(2_001).length]).toEqual([1, 0]);
    const worker = registry.find("w");
    if (worker) worker.isIgnoringTickets = false;
    expect(scheduler.start(2_001)).toHaveLength(2);
  });

  it("drops jobs that nobody renews, whose deadline passes, or whose model nobody serves any more", () => {
    const { registry, scheduler } = withWorkers([]);
    const unrenewed = makeJob({ accountId: "a" });
    const unserved = makeJob({ accountId: "b" });
    scheduler.enqueue(unrenewed, 0);
    scheduler.enqueue(unserved, 0);
    expect(scheduler.removeOverdue(5_000)).toEqual([]);
    unserved.renewedAtMs = 14_000;
    expect(scheduler.removeOverdue(5_001)).toEqual([
      { job: unrenewed, departure: "unrenewed", wasQueued: true },
    ]);
    expect(scheduler.removeOverdue(15_000)).toEqual([]);
    expect(scheduler.removeOverdue(15_001)).toEqual([
      { job: unserved, departure: "unserved", wasQueued: true },
    ]);
    expect([scheduler.queuedTotal, scheduler.queuedOf("a"), registry.size]).toEqual([0, 0, 0]);
  });
});

/** A worker's life in simulated time: it takes any ticket that it may, at once, and holds it for the job's duration. */
class Simulation {
  nowMs = 0;
  readonly startedAtMs = new Map<WaitingJob, number>();
  readonly #running: { job: WaitingJob; workerId: string; endsAtMs: number }[] = [];
  readonly #pick: (count: number) => number;
  readonly registry: Registry;
  readonly scheduler: Scheduler;

  constructor(
    readonly specs: readonly WorkerSpec[],
    readonly durationMs: (job: WaitingJob) => number,
    pick: (count: number) => number,
  ) {
    this.#pick = pick;
    ({ registry: this.registry, scheduler: this.scheduler } = withWorkers(specs));
  }

  add(job: WaitingJob): void {
    this.scheduler.enqueue(job, this.nowMs);
    this.#pump();
  }

  /** Lets time pass until the next job ends, or waits for the worker that it prefers no longer; false if none does. */
  step(): boolean {
    this.#running.sort((a, b) => a.endsAtMs - b.endsAtMs);
    const nextEndMs = this.#running[0]?.endsAtMs ?? Number.POSITIVE_INFINITY;
    const holdOuts = [...this.scheduler.jobs].map(({ holdsOutUntilMs }) => holdsOutUntilMs);
    const next = Math.min(nextEndMs, ...holdOuts.filter((untilMs) => untilMs > this.nowMs));
    if (next === Number.POSITIVE_INFINITY) return false;
    this.nowMs = next;
    const ended = nextEndMs === next ? this.#running.shift() : undefined;
    if (ended !== undefined) this.registry.find(ended.workerId)?.slots.end(ended.job.jobId, 1, this.nowMs);
    this.#pump();
    return true;
  }

  #pump(): void {
    // A grant can free the slot that was reserved for its ticket elsewhere, so once more until nothing starts.
    for (let started = this.scheduler.start(this.nowMs); started.length > 0; ) {
      for (const job of started) this.#grant(job);
      started = this.scheduler.start(this.nowMs);
    }
    this.#assertNothingIdle();
  }

  #grant(job: WaitingJob): void {
    const idle = this.specs.filter(
      ({ workerId, slotCount, models, isQuarantined = false }) =>
        models.some((model) => model === job.model) &&
        job.mayGoTo({ workerId, isBridged: false, isQuarantined }) &&
        (job.offeredTo ?? workerId) === workerId &&
        this.#running.filter((one) => one.workerId === workerId).length < slotCount,
    );
    const taker = idle[this.#pick(idle.length)];
    if (taker === undefined) throw new Error("a ticket went out that no idle worker can take");
    if (taker.isQuarantined && job.onlyWorkerId !== taker.workerId)
      throw new Error("a quarantined worker got a job that does not name it");
    this.startedAtMs.set(job, this.nowMs);
    this.registry.find(taker.workerId)?.slots.grant(job.jobId, 1, { model: job.model }, this.nowMs);
    this.scheduler.remove(job);
    const endsAtMs = this.nowMs + this.durationMs(job);
    this.#running.push({ job, workerId: taker.workerId, endsAtMs });
  }

  #assertNothingIdle(): void {
    for (const job of this.scheduler.jobs) {
      const idle = this.registry.freeServerOf(job.model, job, this.nowMs);
      const holdsOut = job.preferredWorkerId !== undefined && this.nowMs < job.holdsOutUntilMs;
      if (idle !== undefined && (!holdsOut || idle.workerId === job.preferredWorkerId))
        throw new Error(`${idle.workerId} is idle while ${job.jobId} waits`);
    }
  }
}

const anyWorkers = fc
  .array(
    fc.record({
      slotCount: fc.integer({ min: 1, max: 4 }),
      models: fc.uniqueArray(fc.constantFrom("m", "n", "o"), { minLength: 1 }),
      isQuarantined: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((workers) => workers.map((worker, index) => ({ workerId: `w${index}`, ...worker })));
const anyPicks = fc.infiniteStream(fc.nat(1_000)).map((stream) => (count: number) => {
  const { value } = stream.next();
  return count === 0 ? 0 : value % count;
});

describe("a mesh scheduled so", () => {
  it("never leaves a worker idle that could run a waiting job, but for jobs that prefer another a moment, and runs every job that it can", () => {
    const anyJob = fc.record({
      accountId: fc.constantFrom("a", "b", "c"),
      model: fc.constantFrom("m", "n", "o"),
      excluded: fc.subarray(["w0", "w1"]),
      barred: fc.subarray(["w1", "w2"]),
      onlyWorkerId: fc.option(fc.constantFrom("w0", "w3"), { nil: undefined, freq: 4 }),
      preferredWorkerId: fc.option(fc.constantFrom("w0", "w1", "gone"), { nil: undefined }),
      isResumed: fc.boolean(),
      durationMs: fc.integer({ min: 1, max: 900 }),
      stepsBefore: fc.nat(2),
    });
    fc.assert(
      fc.property(anyWorkers, fc.array(anyJob, { maxLength: 80 }), anyPicks, (workers, jobs, pick) => {
        const durations = new Map<WaitingJob, number>();
        const mesh = new Simulation(workers, (job) => durations.get(job) ?? 1, pick);
        for (const spec of jobs) {
          for (let i = 0; i < spec.stepsBefore; i++) mesh.step();
          const job = makeJob(spec, mesh.nowMs);
          durations.set(job, spec.durationMs);
          mesh.add(job);
        }
        while (mesh.step());
        for (const job of mesh.scheduler.jobs) {
          const able = workers.filter(
            (one) =>
              one.models.some((model) => model === job.model) && job.mayGoTo({ ...one, isBridged: false }),
          );
          expect(able).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("lets an account's 200 jobs delay another's single one by one job's service time at most", () => {
    const models = fc.uniqueArray(fc.constantFrom("m", "n", "o"), { minLength: 1 });
    const durations = fc.infiniteStream(fc.integer({ min: 1, max: 1_000 }));
    const slots = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(
        models,
        slots,
        fc.nat(150),
        durations,
        anyPicks,
        (served, slotCounts, steps, times, pick) => {
          const workers = slotCounts.map((slotCount, i) => ({
            workerId: `w${i}`,
            slotCount,
            models: served,
          }));
          const mesh = new Simulation(workers, () => times.next().value, pick);
          for (let i = 0; i < 200; i++) {
            mesh.add(makeJob({ accountId: "flood", model: served[i % served.length] ?? "" }, mesh.nowMs));
          }
          for (let i = 0; i < steps; i++) mesh.step();
          const single = makeJob({ accountId: "single", model: served[0] }, mesh.nowMs);
          const arrivedAtMs = mesh.nowMs;
          mesh.add(single);
          while (mesh.step());
          const waitedMs = (mesh.startedAtMs.get(single) ?? Number.POSITIVE_INFINITY) - arrivedAtMs;
          // All slots are taken, each by a job of at most 1000 ms; the first to end is the single job's.
          expect(waitedMs).toBeLessThanOrEqual(1_000);
          expect(mesh.startedAtMs.size).toBe(201);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("starts a job of the lightest account within the starvation bound and one service time", () => {
    const mesh = new Simulation(
      [{ workerId: "w", slotCount: 1, models: ["m"] }],
      () => 1_000,
      () => 0,
    );
    const routed = { requesterId: "r", model: "m", excluded: NOBODY, isResumed: false, traceparent: "" };
    const add = (accountId: string, weight: number, index: number): WaitingJob => {
      const deadlineMs = Number.POSITIVE_INFINITY;
      const job = new WaitingJob(
        { ...routed, jobId: `${accountId}${index}`, accountId, weight, deadlineMs },
        mesh.nowMs,
      );
      mesh.add(job);
      return job;
    };
    for (let i = 0; i < 300; i++) add("heavy", 1_000, i);
    const light = [0, 1, 2].map((index) => add("light", 0.01, index));
    while (mesh.step());
    const startsMs = light.map((job) => mesh.startedAtMs.get(job) ?? Number.NaN);
    expect(startsMs).toEqual([1_000, 32_000, 63_000]);
  });
});
