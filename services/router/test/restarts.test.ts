import { manager } from "@flock/mesh";
import { passPullsOn } from "@flock/ports";
import { STREAMS, ticketConsumer } from "@flock/proto";
import { Outcome } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import type { FakeJob } from "./fake-requester.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

function endedWell(jobs: readonly FakeJob[]): boolean {
  return jobs.every((job) => job.outcome === Outcome.COMPLETED);
}

describe("when the router is killed", () => {
  it("the next one knows the fleet before the first heartbeat, and loses no job", async () => {
    const first = await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 2, serviceMs: 40 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const jobs = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => (await requester.route({ accountId: `a${i % 3}` })).job),
    );
    await eventually("some have ended", () => jobs.filter((job) => job.state === "ended").length >= 5);
    await first.crash();
    await mesh.router();
    // Known from its snapshot: else this would be refused.
    const { job } = await requester.route();
    expect(job.refusal).toBeUndefined();
    await eventually("all have ended well", () => endedWell([...jobs, job]), { timeoutMs: 15_000 });
    expect(jobs.map(({ lease }) => lease)).toEqual(new Array(30).fill(1));
    await eventually("no ticket is left", async () => (await mesh.ticketsInStream()) === 0);
  });

  it("tickets that it had published are acknowledged by the next one", async () => {
    const first = await mesh.router();
    const idle = await mesh.worker({ workerId: "w", pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(idle);
    const { job } = await requester.route();
    await eventually("its ticket is out", async () => (await mesh.ticketsInStream()) === 1);
    await first.crash();
    await idle.vanish();
    // As if the worker's pull had waited since before the crash.
    const waiting = passPullsOn(mesh.mesh, ticketConsumer("llama3:latest"));
    await mesh.worker({ workerId: "w", slots: 2 });
    await eventually("the job is leased from the old ticket", () => job.state === "leased");
    waiting.unsubscribe();
    await mesh.router();
    // The grant was told to nobody: the ticket comes back after its ack wait, and is retired.
    await eventually("it is acknowledged", async () => (await mesh.ticketsInStream()) === 0);
    expect(job.lease).toBe(1);
  });

  it("another router goes on with its jobs, and new ones", async () => {
    const first = await mesh.router();
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 2, serviceMs: 20 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const jobs = await Promise.all(Array.from({ length: 40 }, async () => (await requester.route()).job));
    expect(new Set(jobs.map(({ routerId }) => routerId)).size).toBe(2);
    await first.crash();
    await eventually("all have ended well", () => endedWell(jobs), { timeoutMs: 15_000 });
    await eventually("no ticket is left", async () => (await mesh.ticketsInStream()) === 0);
  });
});

describe("when nats-server is killed", () => {
  it("waiting jobs get new tickets from the restored stream, and each is leased once", async () => {
    await mesh.router({ ROUTER_RESERVATION_MAX_MS: "60000" });
    const worker = await mesh.worker({ workerId: "w", slots: 3, pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const jobs = await Promise.all(Array.from({ length: 6 }, async () => (await requester.route()).job));
    await eventually("three tickets are out", async () => (await mesh.ticketsInStream()) === 3);
    await mesh.killNats();
    await mesh.restartNats();
    await eventually("three tickets are out again", async () => {
      return (await mesh.ticketsInStream().catch(() => 0)) === 3;
    });
    const { consumers } = await manager(mesh.mesh);
    await consumers.info(STREAMS.jobs, ticketConsumer("llama3:latest"));
    await mesh.worker({ workerId: "pulling", slots: 3, serviceMs: 5 });
    await eventually("all have ended well", () => endedWell(jobs), { timeoutMs: 15_000 });
    expect(jobs.map(({ lease }) => lease)).toEqual(new Array(6).fill(1));
    await eventually("no ticket is left", async () => (await mesh.ticketsInStream()) === 0);
  });

  it("workers stay known, new jobs run, and the catalogue is followed again", async () => {
    const router = await mesh.router();
    const worker = await mesh.worker({ workerId: "w", serviceMs: 5 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    await mesh.killNats();
    await eventually("the router is not ready", () => !router.isReady);
    await mesh.restartNats();
    await eventually("the router is ready again", () => router.isReady);
    const { job } = await eventually("a job is taken", async () => {
      return requester.route().catch(() => undefined);
    });
    await eventually("it ends well", () => endedWell([job]));
    const late = await mesh.worker({ workerId: "late", models: ["new:latest"] });
    await mesh.admitted(late);
  });
});

describe("when the stream or a consumer vanishes while NATS lives", () => {
  it("a lost stream is restored, and waiting jobs get new tickets", async () => {
    await mesh.router({ ROUTER_TICKET_REVIVE_MS: "300" });
    const idle = await mesh.worker({ workerId: "idle", pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(idle);
    await requester.route();
    await eventually("its ticket is out", async () => (await mesh.ticketsInStream()) === 1);
    await (await manager(mesh.mesh)).streams.delete(STREAMS.jobs);
    await eventually("its ticket is out again", async () => {
      return (await mesh.ticketsInStream().catch(() => 0)) === 1;
    });
  });

  it("a lost consumer is made again when a ticket lies", async () => {
    await mesh.router({ ROUTER_RESERVATION_MAX_MS: "300" });
    const worker = await mesh.worker({ workerId: "w", pulls: true });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { consumers } = await manager(mesh.mesh);
    await consumers.delete(STREAMS.jobs, ticketConsumer("llama3:latest"));
    const { job } = await requester.route();
    await eventually("it is leased", () => job.state === "leased");
  });
});
