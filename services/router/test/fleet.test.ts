import { openBucket } from "@flock/mesh";
import { BUCKETS, encode, modelToken, PROTOCOL_VERSION } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { Outcome, type WorkerControl } from "@flock/proto/jobs";
import { WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import type { FakeJob, FakeRequester } from "./fake-requester.js";
import { DIGEST, type FakeWorker } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

function controls<Case extends string>(worker: FakeWorker, kind: Case): WorkerControl["command"][] {
  return worker.controls.map(({ command }) => command).filter((command) => command?.$case === kind);
}

/** Its lease ends by the worker's own fault, and not by its engine's: it has signed what it did not send. */
async function failBy(worker: FakeWorker, requester: FakeRequester, job: FakeJob): Promise<void> {
  await eventually("it is leased", () => job.state === "leased");
  requester.end(job, Outcome.FAILED);
  await worker.finish(job);
}

describe("the fleet", () => {
  it("the fleet is told by a snapshot of each worker, deleted when the worker leaves", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 3 });
    await mesh.admitted(worker);
    expect(await mesh.snapshotOf("w")).toMatchObject({
      state: WorkerState.READY,
      slots: 3,
      active: 0,
      models: [{ name: "llama3:latest", digest: DIGEST, loaded: true }],
      breaker: "closed",
    });
    worker.state = WorkerState.PAUSED;
    worker.announce();
    const isPaused = async () => (await mesh.snapshotOf("w"))?.state === WorkerState.PAUSED;
    await eventually("the snapshot says paused", isPaused);
    await worker.leave();
    await eventually("the snapshot is gone", async () => (await mesh.snapshotOf("w")) === undefined);
  });

  it("a worker that falls silent is lost within three seconds", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    await mesh.admitted(worker);
    await worker.vanish();
    const silentSinceMs = performance.now();
    await eventually("the snapshot is gone", async () => (await mesh.snapshotOf("w")) === undefined);
    const lastedMs = performance.now() - silentSinceMs;
    expect(lastedMs).toBeGreaterThan(2_500);
    expect(lastedMs).toBeLessThan(5_000);
  });

  it("a worker whose digest is not the catalogue's gets no jobs", async () => {
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    const name = "llama3:latest";
    const entry = CatalogueEntry.fromPartial({ version: PROTOCOL_VERSION, name, digest: DIGEST });
    await models.put(modelToken(name), encode(CatalogueEntry, entry));
    await mesh.router();
    await mesh.worker({ workerId: "other", digest: "b".repeat(64) });
    const requester = await mesh.requester({ requesterId: "r" });
    const snapshot = await eventually("the worker is known", () => mesh.snapshotOf("other"));
    expect(snapshot.models).toEqual([]);
    expect((await requester.route()).job.refusal?.code).toBe("unavailable");
    const right = await mesh.worker({ workerId: "right" });
    await mesh.admitted(right);
    const { job } = await requester.route();
    await eventually("it runs at the right worker", () => job.workerId === "right");
  });

  it("a worker is admitted when its digest becomes the one that the catalogue pins", async () => {
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    const name = "llama3:latest";
    const put = (digest: string) => {
      const entry = CatalogueEntry.fromPartial({ version: PROTOCOL_VERSION, name, digest });
      return models.put(modelToken(name), encode(CatalogueEntry, entry));
    };
    await put("b".repeat(64));
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    await eventually("the worker is known", () => mesh.snapshotOf("w"));
    await put(DIGEST);
    await mesh.admitted(worker);
  });

  it("an entry that was made when names had case is moved, with its digest and prices, and served by", async () => {
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    const old = CatalogueEntry.fromPartial({
      version: PROTOCOL_VERSION,
      name: "Library/LLaMA3:Latest",
      digest: DIGEST,
      promptPriceMicro: 77n,
    });
    const nameless = { ...old, name: "no name" };
    for (const entry of [old, nameless])
      await models.put(modelToken(entry.name), encode(CatalogueEntry, entry));
    await mesh.router();
    const isGone = async () => (await models.get(modelToken(old.name)))?.operation !== "PUT";
    await eventually("the old entry is gone", isGone);
    const moved = await models.get(modelToken("llama3:latest"));
    expect(CatalogueEntry.decode(moved?.value ?? new Uint8Array())).toEqual({
      ...old,
      name: "llama3:latest",
    });
    await mesh.worker({ workerId: "other", digest: "b".repeat(64) });
    const worker = await mesh.worker({ workerId: "w" });
    await mesh.admitted(worker);
    expect((await mesh.snapshotOf("other"))?.models ?? []).toEqual([]);
  });

  it("the entry that a model has under its canonical name is kept, and one under another is dropped", async () => {
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    const entryOf = (name: string, digest: string) =>
      CatalogueEntry.fromPartial({ version: PROTOCOL_VERSION, name, digest });
    for (const entry of [entryOf("LLAMA3:latest", "b".repeat(64)), entryOf("llama3:latest", DIGEST)])
      await models.put(modelToken(entry.name), encode(CatalogueEntry, entry));
    await mesh.router();
    await mesh.admitted(await mesh.worker({ workerId: "w" }));
    expect((await models.get(modelToken("LLAMA3:latest")))?.operation).not.toBe("PUT");
  });

  it("a worker is asked about a model without an entry, also when the entry was deleted", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    await mesh.admitted(worker);
    const asked = controls(worker, "describeModel").length;
    expect(asked).toBeGreaterThan(0);
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    await models.delete(modelToken("llama3:latest"));
    const isBack = async () => (await models.get(modelToken("llama3:latest")))?.operation === "PUT";
    await eventually("it is back", isBack);
    expect(controls(worker, "describeModel").length).toBeGreaterThan(asked);
  });

  it("a worker that fails jobs is kept from them, told to hold off, and tried again with one job", async () => {
    await mesh.router({ ROUTER_BREAKER_FAILURES_MAX: "2", ROUTER_BREAKER_OPEN_MIN_MS: "800" });
    const failing = await mesh.worker({ workerId: "bad", slots: 4 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(failing);
    for (const _ of [1, 2]) await failBy(failing, requester, (await requester.route()).job);
    const holdOff = await eventually("it is told", () => controls(failing, "holdOff").at(-1));
    expect(holdOff).toMatchObject({ value: { durationMs: expect.closeTo(800, -3) } });
    const isOpen = async () => (await mesh.snapshotOf("bad"))?.breaker === "open";
    await eventually("the snapshot says open", isOpen);
    const waiting = await Promise.all([requester.route(), requester.route()]);
    expect(waiting[0]?.reply.result).toMatchObject({
      value: { blockedWorkerIds: ["bad"], queuePosition: 1 },
    });
    const claimed = () => waiting.filter(({ job }) => job.claims.length > 0).length;
    await eventually("one job is a probe", () => claimed() === 1);
    const probe = waiting.find(({ job }) => job.claims.length > 0);
    if (probe !== undefined) await failBy(failing, requester, probe.job);
    await eventually("it is told for twice as long", () => controls(failing, "holdOff").length >= 2);
    expect(claimed()).toBe(1);
  });

  it("a breaker is not forgotten when the worker's process is a new one", async () => {
    await mesh.router({ ROUTER_BREAKER_FAILURES_MAX: "1", ROUTER_BREAKER_OPEN_MIN_MS: "60000" });
    const failing = await mesh.worker({ workerId: "bad" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(failing);
    await failBy(failing, requester, (await requester.route()).job);
    await failing.leave();
    await eventually("it has left", async () => (await mesh.snapshotOf("bad")) === undefined);
    const again = await mesh.worker({ workerId: "bad" });
    await eventually("it is told at once", () => controls(again, "holdOff").length > 0);
    expect((await requester.route()).reply.result).toMatchObject({ value: { queuePosition: 1 } });
  });

  it("a slot counts as free again when a lease is gone from the heartbeats, though nobody reported its end", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const first = await requester.route();
    await eventually("it runs", () => worker.active.has(first.job.jobId));
    worker.active.clear();
    const second = await requester.route();
    expect(second.job.state).toBe("waiting");
    await eventually("the next runs", () => second.job.state === "leased");
  });
});
