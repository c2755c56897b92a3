import { randomBytes } from "node:crypto";
import { encode, SUBJECTS } from "@flock/proto";
import { ROUTER, RouteReply, RouteRequest } from "@flock/proto/router";
import { Heartbeat, ModelDescription, WorkerAnnouncement, WorkerState } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

/** Leases of a worker that has done no job. */
const UNTRIED = 8;
const ROUTE = SUBJECTS.service(ROUTER.route.service, ROUTER.route.method);

function announce(workerId: string, body: WorkerAnnouncement["body"], subjectId = workerId): void {
  mesh.mesh.nats.publish(SUBJECTS.heartbeat(subjectId), encode(WorkerAnnouncement, { version: 1, body }));
}

function heartbeat(workerId: string, changes: Partial<Heartbeat> = {}): WorkerAnnouncement["body"] {
  const state = WorkerState.READY;
  const value = Heartbeat.fromPartial({ workerId, state, slots: 1, intervalMs: 100, ...changes });
  return { $case: "heartbeat", value };
}

/** Runs one job from end to end: the router is well. */
async function expectWell(): Promise<void> {
  const worker = await mesh.worker({ workerId: "well" });
  const requester = await mesh.requester({ requesterId: "well" });
  await mesh.admitted(worker);
  const { job } = await requester.route();
  await eventually("a job runs", () => job.state === "leased");
}

describe("whatever is published, the router goes on", () => {
  it("drops noise on every subject that it listens to", async () => {
    await mesh.router();
    for (let i = 0; i < 200; i++) {
      const noise = randomBytes(1 + Math.floor(i * 3));
      for (const subject of [SUBJECTS.heartbeat("noise"), SUBJECTS.jobUpdates, ROUTE])
        mesh.mesh.nats.publish(subject, noise);
    }
    mesh.mesh.nats.publish(SUBJECTS.heartbeat("large"), new Uint8Array(300 * 1024));
    mesh.mesh.nats.publish(SUBJECTS.jobUpdates, new Uint8Array(600 * 1024));
    mesh.mesh.nats.publish(
      SUBJECTS.heartbeat("empty"),
      encode(WorkerAnnouncement, { version: 1, body: undefined }),
    );
    mesh.mesh.nats.publish(
      SUBJECTS.heartbeat("v2"),
      encode(WorkerAnnouncement, { version: 2, body: heartbeat("v2") }),
    );
    await expectWell();
    for (const id of ["noise", "large", "empty", "v2"]) expect(await mesh.snapshotOf(id)).toBeUndefined();
  });

  it("answers a route request that it cannot read with invalid_argument", async () => {
    await mesh.router();
    for (const bytes of [
      new Uint8Array([255, 1, 2]),
      encode(RouteRequest, RouteRequest.fromPartial({ version: 9 })),
    ]) {
      const reply = await mesh.mesh.nats.request(ROUTE, bytes, { timeout: 1_000 });
      expect(reply.headers?.get("Flock-Error-Code")).toBe("invalid_argument");
    }
    const empty = encode(RouteRequest, RouteRequest.fromPartial({ version: 1 }));
    const reply = RouteReply.decode((await mesh.mesh.nats.request(ROUTE, empty, { timeout: 1_000 })).data);
    expect(reply.result).toMatchObject({ $case: "refused", value: { code: "invalid_argument" } });
  });

  it("does not take a heartbeat for another worker than the subject's", async () => {
    await mesh.router();
    announce("victim", heartbeat("victim"), "attacker");
    await expectWell();
    expect(await mesh.snapshotOf("victim")).toBeUndefined();
    expect(await mesh.snapshotOf("attacker")).toBeUndefined();
  });

  it("keeps a worker that announces everything within bounds", async () => {
    await mesh.router({
      ROUTER_WORKER_MODELS_MAX: "3",
      ROUTER_WORKER_SLOTS_MAX: "5",
      ROUTER_WORKERS_MAX: "2",
    });
    const models = Array.from({ length: 500 }, (_, i) => ({
      name: `m${i}`,
      digest: DIGEST,
      sizeBytes: 1,
      loaded: true,
      contextLength: 2_048,
    }));
    const active = Array.from({ length: 5_000 }, (_, i) => ({ jobId: `j${i}`, lease: 1 }));
    announce(
      "greedy",
      heartbeat("greedy", { slots: 4_000_000_000, models, active, intervalMs: 4_000_000_000 }),
    );
    const snapshot = await eventually("it is known", () => mesh.snapshotOf("greedy"));
    expect([snapshot.slots, snapshot.active]).toEqual([5, 10]);
    for (let i = 0; i < 100; i++) announce(`sybil${i}`, heartbeat(`sybil${i}`));
    await eventually("the registry is full", () => mesh.snapshotOf("sybil0"));
    expect(await mesh.snapshotOf("sybil1")).toBeUndefined();
  });

  it("does not enter a model that it did not ask about, or that the worker does not serve so", async () => {
    await mesh.router();
    const describe = (changes: Partial<ModelDescription>): void => {
      const value = ModelDescription.fromPartial({
        workerId: "liar",
        name: "fake",
        digest: DIGEST,
        contextLength: 2_048,
        showJson: Buffer.from("{}"),
        ...changes,
      });
      announce("liar", { $case: "modelDescription", value });
    };
    const models = [{ name: "real", digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 }];
    describe({});
    await eventually("it is known", () => {
      announce("liar", heartbeat("liar", { models }));
      return mesh.snapshotOf("liar");
    });
    describe({});
    describe({ name: "real", digest: "b".repeat(64) });
    describe({ name: "real", showJson: Buffer.from("not json") });
    describe({ name: "real", workerId: "somebody" });
    await expectWell();
    expect((await mesh.snapshotOf("liar"))?.models ?? []).toEqual([]);
    await eventually("the true one is taken", async () => {
      // Said again each time: it may have been taken for gone meanwhile.
      announce("liar", heartbeat("liar", { models }));
      describe({ name: "real" });
      return (await mesh.snapshotOf("liar"))?.models.length === 1;
    });
  });

  it("enters no more models than its bound", async () => {
    await mesh.router({ ROUTER_MODELS_MAX: "2" });
    const models = ["a:latest", "b:latest", "c:latest"];
    await mesh.worker({ workerId: "w", models });
    await eventually("two are admitted", async () => (await mesh.snapshotOf("w"))?.models.length === 2);
    const requester = await mesh.requester({ requesterId: "r" });
    const refusals = await Promise.all(
      models.map(async (model) => (await requester.route({ model })).job.refusal?.code),
    );
    expect(refusals.filter((code) => code === "not_found")).toHaveLength(1);
  });

  it("keeps other accounts' order when a worker promises slots and takes no ticket", async () => {
    await mesh.router({ ROUTER_RESERVATION_MAX_MS: "300" });
    const idle = await mesh.worker({ workerId: "idle", slots: 50, pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(idle);
    await Promise.all(Array.from({ length: 300 }, () => requester.route({ accountId: "flood" })));
    // A worker that has done no job begins with a few of its slots; then its first tickets go stale.
    await eventually("its first tickets to go stale", async () => (await mesh.ticketsInStream()) > UNTRIED);
    // From here on it is trusted with one at a time.
    expect(await mesh.ticketsInStream()).toBeLessThan(UNTRIED + 4);
  });
});
