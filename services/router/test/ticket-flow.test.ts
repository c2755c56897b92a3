import { openBucket } from "@flock/mesh";
import { BUCKETS, modelToken, PARAMS_CURRENT_KEY } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { Outcome } from "@flock/proto/jobs";
import { eventually } from "@flock/provision/testing";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

describe("the router", () => {
  it("enters a model that a worker describes into the catalogue, with digest and default prices", async () => {
    const params = await openBucket(mesh.mesh, BUCKETS.params);
    const values = { priceUpTo1bPromptMicro: "7" };
    await params.put(PARAMS_CURRENT_KEY, JSON.stringify({ version: 1, values }));
    await mesh.router();
    await mesh.worker({ workerId: "w", models: ["priced"] });
    const models = await openBucket(mesh.mesh, BUCKETS.models);
    const entry = await eventually("the entry exists", () => models.get(modelToken("priced:latest")));
    expect(CatalogueEntry.decode(entry.value)).toMatchObject({
      name: "priced:latest",
      digest: DIGEST,
      contextLength: 2_048,
      capabilities: ["completion"],
      promptPriceMicro: 7n,
      completionPriceMicro: 3n,
    });
  });

  it("brings a job to an idle worker and acknowledges its ticket", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    await eventually("the job is leased", () => job.state === "leased");
    expect(worker.tickets).toHaveLength(1);
    expect(worker.tickets[0]).toMatchObject({
      jobId: job.jobId,
      requesterId: "r",
      model: "llama3:latest",
      modelDigest: DIGEST,
      deadlineUnixMs: expect.closeTo(job.request.deadlineUnixMs, -2),
    });
    await eventually("the ticket is acknowledged", async () => (await mesh.ticketsInStream()) === 0);
    await worker.finish(job);
    await eventually("the job ends", () => job.state === "ended");
    expect(job.outcome).toBe(Outcome.COMPLETED);
  });

  it("resolves an alias and tells name, digest and position", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", models: ["alias:latest"] });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const first = await requester.route({ model: "alias" });
    expect(first.reply.result).toMatchObject({
      $case: "accepted",
      value: { model: "alias:latest", modelDigest: DIGEST, queuePosition: 0, etaMs: 0, blockedWorkerIds: [] },
    });
    const second = await requester.route({ model: "alias:latest" });
    expect(second.reply.result).toMatchObject({ value: { queuePosition: 1, etaMs: 1_000 } });
  });

  it("has no more tickets out than slots are free, and starts the next job when a slot becomes free", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 2 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const jobs = await Promise.all(Array.from({ length: 6 }, () => requester.route()));
    await eventually("two run", () => worker.active.size === 2);
    await eventually("their tickets are gone", async () => (await mesh.ticketsInStream()) === 0);
    expect(jobs.filter(({ job }) => job.state === "leased")).toHaveLength(2);
    for (let ended = 2; ended < 6; ended += 2) {
      for (const { job } of jobs.slice(ended - 2, ended)) await worker.finish(job);
      const hasBoth = (): boolean => worker.tickets.length === ended + 2 && worker.active.size === 2;
      await eventually("the next two run", hasBoth);
    }
    for (const { job } of jobs.slice(4)) await worker.finish(job);
    await eventually("all have ended", () => jobs.every(({ job }) => job.outcome === Outcome.COMPLETED));
  });

  it("starts another account's single job next, though one account has 200 queued", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 2, serviceMs: 10 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const flood = await Promise.all(
      Array.from({ length: 200 }, () => requester.route({ accountId: "flood" })),
    );
    await eventually("some have started", () => worker.tickets.length >= 10);
    const startedBefore = Math.max(...flood.map(({ job }) => job.startOrder));
    const { job: single } = await requester.route({ accountId: "single" });
    await eventually("the single job has started", () => single.startOrder > 0);
    // A ticket for each of the two slots may have been out when it came.
    expect(single.startOrder - startedBefore).toBeLessThanOrEqual(3);
    await eventually("all have ended", () => flood.every(({ job }) => job.outcome === Outcome.COMPLETED));
  });

  it("gives a failed job to another worker than the one that failed it", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "bad", outcome: Outcome.FAILED });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    await eventually("it is leased", () => job.state === "leased");
    const good = await mesh.worker({ workerId: "good" });
    const reply = await requester.resume(job, true);
    expect(reply.result?.$case).toBe("accepted");
    await eventually("the other worker has it", () => job.workerId === "good");
    expect([job.lease, good.tickets.at(-1)?.excludedWorkerIds]).toEqual([2, ["bad"]]);
  });

  it("keeps a job waiting while every live worker is excluded for it, until its requester lifts that", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "only" });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { job, reply } = await requester.route({ excludedWorkerIds: ["only"] });
    expect(reply.result).toMatchObject({ $case: "accepted", value: { queuePosition: 1 } });
    expect(await mesh.ticketsInStream()).toBe(0);
    await requester.routeAgain(job, { excludedWorkerIds: [] });
    await eventually("it is leased", () => job.state === "leased");
  });

  it("brings a declined ticket to another worker", async () => {
    await mesh.router();
    const declining = await mesh.worker({ workerId: "declining", slots: 2 });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(declining);
    // Its heartbeats promise two slots; the job that it runs unannounced leaves one.
    requester.onClaim = (claim) => (claim.workerId === "declining" ? 7 : undefined);
    const { job } = await requester.route();
    await eventually("it was declined", () => declining.tickets.length > 1);
    await mesh.worker({ workerId: "taking" });
    await eventually("the other worker has it", () => job.workerId === "taking");
  });

  it("gives up a waiting job when its requester does, and withdraws its ticket", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "idle", pulls: false });
    const requester = await mesh.requester({ requesterId: "r" });
    await mesh.admitted(worker);
    const { job } = await requester.route();
    await eventually("its ticket is out", async () => (await mesh.ticketsInStream()) === 1);
    requester.end(job, Outcome.CANCELLED);
    await eventually("its ticket is gone", async () => (await mesh.ticketsInStream()) === 0);
  });

  it("drops a job that is not renewed, and tells who asks that it is unknown", async () => {
    await mesh.router({ ROUTER_RENEW_TIMEOUT_MS: "300" });
    const worker = await mesh.worker({ workerId: "idle", pulls: false });
    const silent = await mesh.requester({ requesterId: "silent", renews: false });
    await mesh.admitted(worker);
    await silent.route();
    await eventually("its ticket is out", async () => (await mesh.ticketsInStream()) === 1);
    await eventually("its ticket is withdrawn", async () => (await mesh.ticketsInStream()) === 0);
  });
});
