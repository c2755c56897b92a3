import { openBucket } from "@flock/mesh";
import { BUCKETS, encode } from "@flock/proto";
import { Standing, StandingState } from "@flock/proto/verifier";
import { eventually } from "@flock/provision/testing";
import { MeshUnderTest } from "./mesh-under-test.js";

/* What follows at the router from what the verifier thinks of a worker. */

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 60_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

async function stand(workerId: string, state: StandingState): Promise<void> {
  const standing = Standing.fromPartial({ version: 1, state, sinceUnixMs: Date.now() });
  await (await openBucket(mesh.mesh, BUCKETS.standings)).put(workerId, encode(Standing, standing));
}

async function quarantine(workerId: string): Promise<void> {
  await stand(workerId, StandingState.QUARANTINED);
  await eventually(`${workerId} is quarantined`, async () => {
    const snapshot = await mesh.snapshotOf(workerId);
    return snapshot?.isQuarantined === true;
  });
}

describe("a quarantined worker", () => {
  it("runs a job that names it, and is counted for no other", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 2 });
    await mesh.admitted(worker);
    const requester = await mesh.requester({ requesterId: "r" });
    await quarantine("w");
    const { job: refused } = await requester.route();
    expect(refused.refusal).toMatchObject({
      code: "unavailable",
      message: "no worker serves model 'llama3' at the moment",
    });
    const { job } = await requester.route({ onlyWorkerId: "w" });
    expect(job.refusal).toBeUndefined();
    await eventually("it runs it", () => job.workerId === "w");
  });

  it("takes no ticket of others' jobs, which go to whoever else is there", async () => {
    await mesh.router();
    const [worker, other] = [
      await mesh.worker({ workerId: "w", slots: 4 }),
      await mesh.worker({ workerId: "o" }),
    ];
    await mesh.admitted(worker, other);
    const requester = await mesh.requester({ requesterId: "r" });
    await quarantine("w");
    await eventually("its pulls have run out", () => worker.refusal === "Worker Quarantined");
    const before = worker.tickets.length;
    for (let turn = 0; turn < 3; turn++) {
      const { job } = await requester.route();
      await eventually("it runs at the other", () => job.workerId === "o");
      await other.finish(job);
    }
    expect(worker.tickets).toHaveLength(before);
  });

  it("gets jobs again at once when its standing is lifted, and stays quarantined for a new router until then", async () => {
    const first = await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    await mesh.admitted(worker);
    await quarantine("w");
    await first.crash();
    await mesh.router();
    const requester = await mesh.requester({ requesterId: "r" });
    expect((await requester.route()).job.refusal?.code).toBe("unavailable");
    await stand("w", StandingState.PROBATION);
    await eventually("a job finds it", async () => (await requester.route()).job.refusal === undefined);
    await eventually("it runs one", () =>
      [...requester.jobs.values()].some(({ workerId }) => workerId === "w"),
    );
  });
});

it("a convicted worker serves nothing from that moment, not even a job that names it, until it is released", async () => {
  await mesh.router();
  const worker = await mesh.worker({ workerId: "w" });
  await mesh.admitted(worker);
  const requester = await mesh.requester({ requesterId: "r" });
  await stand("w", StandingState.CONVICTED);
  await eventually("it is out", async () => (await mesh.snapshotOf("w")) === undefined);
  const { beats } = worker;
  await eventually("it is heard again", () => worker.beats > beats);
  for (const onlyWorkerId of ["", "w"])
    expect((await requester.route({ onlyWorkerId })).job.refusal?.code).toBe("unavailable");
  await stand("w", StandingState.PROBATION);
  await eventually("it is back", () => mesh.snapshotOf("w"));
  const { job } = await requester.route();
  await eventually("it has a job", () => job.workerId === "w");
});
