import { openBucket } from "@flock/mesh";
import { BUCKETS, encode, modelToken, PROTOCOL_VERSION } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { Outcome } from "@flock/proto/jobs";
import { WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

describe("a refusal", () => {
  it("is not_found for a model that was never in the catalogue", async () => {
    await mesh.router();
    const requester = await mesh.requester({ requesterId: "r" });
    const { job } = await requester.route({ model: "nobody-has-it" });
    expect(job.refusal).toEqual({
      code: "not_found",
      message: "model 'nobody-has-it' not found",
      retryAfterMs: 0,
    });
  });

  it("is unavailable, with when to ask again, for a known model without a live worker", async () => {
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    const entry = CatalogueEntry.fromPartial({
      version: PROTOCOL_VERSION,
      name: "known:latest",
      digest: DIGEST,
    });
    await models.put(modelToken("known:latest"), encode(CatalogueEntry, entry));
    await mesh.router();
    const requester = await mesh.requester({ requesterId: "r" });
    const { job } = await requester.route({ model: "known" });
    expect(job.refusal).toMatchObject({ code: "unavailable", retryAfterMs: 5_000 });
  });

  it("is unavailable when all workers of the model are paused, draining or gone", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    for (const state of [WorkerState.PAUSED, WorkerState.READY, WorkerState.DRAINING]) {
      worker.state = state;
      worker.announce();
      const expected = state === WorkerState.READY ? undefined : "unavailable";
      await eventually(`the router knows of state ${state}`, async () => {
        const { job } = await requester.route({ excludedWorkerIds: [] });
        if (job.refusal === undefined) requester.end(job, Outcome.CANCELLED);
        return job.refusal?.code === expected;
      });
    }
    await worker.leave();
    await eventually("its snapshot is gone", async () => (await mesh.snapshotOf("w")) === undefined);
    expect((await requester.route()).job.refusal?.code).toBe("unavailable");
  });

  it("is resource_exhausted for an account over its bound, and unavailable when the queue is full", async () => {
    await mesh.router({ ROUTER_QUEUE_PER_ACCOUNT_MAX: "3", ROUTER_QUEUE_TOTAL_MAX: "5" });
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const codes: (string | undefined)[] = [];
    // One runs; three of account a wait; two of account b make the queue full.
    for (const accountId of ["a", "a", "a", "a", "a", "b", "b", "b", "c"]) {
      const { job } = await requester.route({ accountId });
      codes.push(job.refusal?.code);
      if (job.refusal) expect(job.refusal.retryAfterMs).toBeGreaterThanOrEqual(1_000);
      if (codes.length === 1) await eventually("it runs", () => job.state === "leased");
    }
    expect(codes).toEqual([
      ...[undefined, undefined, undefined, undefined, "resource_exhausted"],
      ...[undefined, undefined, "unavailable", "unavailable"],
    ]);
  });

  it("is not given while an able worker is idle, though the queue of another model is full", async () => {
    await mesh.router({ ROUTER_QUEUE_PER_ACCOUNT_MAX: "1", ROUTER_QUEUE_TOTAL_MAX: "1" });
    const busy = await mesh.worker({ workerId: "busy", models: ["busy:latest"] });
    const idle = await mesh.worker({ workerId: "idle", models: ["idle:latest"] });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(busy, idle);
    const running = await requester.route({ model: "busy" });
    await eventually("it runs", () => running.job.state === "leased");
    await requester.route({ model: "busy" });
    expect((await requester.route({ model: "busy" })).job.refusal?.code).toBe("resource_exhausted");
    const { job } = await requester.route({ model: "idle" });
    await eventually("it runs", () => job.state === "leased");
  });

  it("is not given to a job that has delivered text, however full the queue", async () => {
    await mesh.router({ ROUTER_QUEUE_PER_ACCOUNT_MAX: "1", ROUTER_QUEUE_TOTAL_MAX: "1" });
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const first = await requester.route();
    await eventually("it runs", () => first.job.state === "leased");
    const waiting = await requester.route();
    const resumed = await requester.route({ resumed: true });
    expect(resumed.job.refusal).toBeUndefined();
    await worker.finish(first.job);
    await eventually("the resumed one runs", () => resumed.job.state === "leased");
    expect(waiting.job.state).toBe("waiting");
  });

  it("comes with the renewal for a job whose deadline passes or whose model nobody serves any more", async () => {
    await mesh.router({ ROUTER_UNSERVED_MAX_MS: "300" });
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const running = await requester.route();
    await eventually("it runs", () => running.job.state === "leased");
    const hasty = await requester.route({ deadlineUnixMs: Date.now() + 300 });
    const patient = await requester.route();
    await eventually("the first is refused", () => hasty.job.refusal?.code === "deadline_exceeded");
    expect(patient.job.state).toBe("waiting");
    await worker.leave();
    await eventually("the second is refused", () => patient.job.refusal?.code === "unavailable");
  });

  it.each([
    ["a job id that is no id", { jobId: "a.b" }, "invalid_argument"],
    ["a requester id that is no id", { requesterId: "a b" }, "invalid_argument"],
    ["no account", { accountId: "" }, "invalid_argument"],
    ["no model name", { model: "../../x" }, "invalid_argument"],
    ["a worker id that is no id", { excludedWorkerIds: ["*"] }, "invalid_argument"],
    ["too many exclusions", { excludedWorkerIds: new Array(65).fill("w") }, "invalid_argument"],
    ["a barred worker's id that is no id", { barredWorkerIds: ["w.x"] }, "invalid_argument"],
    ["too many barred workers", { barredWorkerIds: new Array(65).fill("w") }, "invalid_argument"],
    ["an only worker's id that is no id", { onlyWorkerId: ">" }, "invalid_argument"],
    ["a preferred worker's id that is no id", { preferredWorkerId: "*" }, "invalid_argument"],
    ["a deadline in the past", { deadlineUnixMs: Date.now() - 1 }, "deadline_exceeded"],
  ])("is clear about %s", async (_, changes, code) => {
    await mesh.router();
    const requester = await mesh.requester({ requesterId: "r", renews: false });
    expect((await requester.route(changes)).job.refusal?.code).toBe(code);
  });

  it("is given to a second requester that uses a waiting job's id", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    const other = await mesh.requester({ requesterId: "other", renews: false });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    expect((await other.route({ jobId: job.jobId })).job.refusal?.code).toBe("invalid_argument");
  });
});
