import { WorkerState } from "@flock/proto/workers";
import { Breaker } from "./breaker.js";
import { PreferredWorkers } from "./preferred-workers.js";
import { Trust } from "./trust.js";
import { PREFERENCE_WAIT_MS, type RoutedJob, WaitingJob } from "./waiting-job.js";
import { Worker } from "./worker.js";

/** Two ready workers with one slot each, both of model m. */
function fleet() {
  const limits = { failuresMax: 5, openMinMs: 1_000, openMaxMs: 8_000, lossWindowMs: 5_000 };
  const workers = ["v", "w"].map((workerId) => new Worker(workerId, new Breaker(limits), new Trust()));
  for (const worker of workers) Object.assign(worker, { state: WorkerState.READY, slotCount: 1 });
  const servers = new Set(workers);
  const registry = {
    find: (workerId: string) => workers.find((worker) => worker.workerId === workerId),
    serversOf: (model: string) => (model === "m" ? servers : new Set<Worker>()),
  };
  const wanted = workers[1] as Worker;
  return { preferred: new PreferredWorkers(registry, 2_000), wanted, servers };
}

function jobThat(changes: Partial<RoutedJob> = {}): WaitingJob {
  const routed = { jobId: "job", requesterId: "r", accountId: "a", model: "m", weight: 1, isResumed: false };
  const rest = { deadlineMs: Number.POSITIVE_INFINITY, excluded: new Set<string>(), traceparent: "" };
  return new WaitingJob({ ...routed, ...rest, preferredWorkerId: "w", ...changes }, 0);
}

/** Which of the two workers the job is for; `bridged`: those that a bridge speaks for. */
function recipients(preferred: PreferredWorkers, job: WaitingJob, nowMs: number, bridged = ""): string[] {
  const found = preferred.recipientsOf(job, nowMs);
  return ["v", "w"].filter((workerId) =>
    found.mayGoTo({ workerId, isBridged: workerId === bridged, isQuarantined: false }),
  );
}

describe("a job that prefers a worker", () => {
  it("is for that one as long as it is free, also after a long wait", () => {
    const { preferred } = fleet();
    for (const nowMs of [0, 60_000]) expect(recipients(preferred, jobThat(), nowMs)).toEqual(["w"]);
  });

  it("waits for it a moment while it is busy, and then is for any", () => {
    const { preferred, wanted } = fleet();
    wanted.slots.grant("other", 1, { model: "m" }, 0);
    expect(recipients(preferred, jobThat(), PREFERENCE_WAIT_MS - 1)).toEqual(["w"]);
    expect(recipients(preferred, jobThat(), PREFERENCE_WAIT_MS)).toEqual(["v", "w"]);
  });

  it("does not wait for one that is bridged, if its prompt is to be sealed", () => {
    const { preferred, wanted } = fleet();
    wanted.isBridged = true;
    expect(recipients(preferred, jobThat(), 0, "w")).toEqual(["w"]);
    expect(recipients(preferred, jobThat({ needsSealing: true }), 0, "w")).toEqual(["v"]);
  });

  it.each([
    ["has delivered text", { isResumed: true }],
    ["is to wait for hardly any time", { queueMaxMs: PREFERENCE_WAIT_MS }],
  ])("does not wait for it if it %s", (_what, changes) => {
    const { preferred, wanted } = fleet();
    expect(recipients(preferred, jobThat(changes), 0)).toEqual(["w"]);
    wanted.slots.grant("other", 1, { model: "m" }, 0);
    expect(recipients(preferred, jobThat(changes), 0)).toEqual(["v", "w"]);
  });

  it.each([
    ["does not serve the model", ({ servers, wanted }: ReturnType<typeof fleet>) => servers.delete(wanted)],
    [
      "is paused",
      ({ wanted }: ReturnType<typeof fleet>) => Object.assign(wanted, { state: WorkerState.PAUSED }),
    ],
    [
      "was reported lost",
      ({ wanted }: ReturnType<typeof fleet>) => Object.assign(wanted, { isSuspect: true }),
    ],
  ])("is like any other if that one %s", (_what, change) => {
    const mesh = fleet();
    change(mesh);
    expect(recipients(mesh.preferred, jobThat(), 0)).toEqual(["v", "w"]);
  });

  it("is like any other if that one has failed it, is excluded or not there", () => {
    const { preferred } = fleet();
    expect(recipients(preferred, jobThat({ excluded: new Set(["w"]) }), 0)).toEqual(["v"]);
    expect(recipients(preferred, jobThat({ barred: new Set(["w"]) }), 0)).toEqual(["v"]);
    expect(recipients(preferred, jobThat({ preferredWorkerId: "gone" }), 0)).toEqual(["v", "w"]);
  });

  it("is for any once its ticket has waited too long for that one", () => {
    const { preferred } = fleet();
    const job = jobThat();
    expect(preferred.endOffer(job, 60_000)).toBe(false);
    job.offeredTo = "w";
    expect([preferred.endOffer(job, 1_000), recipients(preferred, job, 1_000)]).toEqual([false, ["w"]]);
    job.unconfirmed = 1;
    expect(preferred.endOffer(job, 1_001)).toBe(false);
    job.unconfirmed = 0;
    expect([preferred.endOffer(job, 1_001), job.offeredTo]).toEqual([true, undefined]);
    expect(recipients(preferred, job, 1_001)).toEqual(["v", "w"]);
  });
});
