import { banWorker, liftBan } from "@flock/mesh";
import { eventually } from "@flock/provision/testing";
import type { FakeRequester } from "./fake-requester.js";
import type { FakeWorker } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 60_000);
afterEach(() => mesh.endTest());
afterAll(() => mesh.stop());

function ban(): Promise<void> {
  return banWorker(mesh.mesh, "w", { reason: "test", unixMs: Date.now() });
}

/** It says again and again that it would take jobs, and gets none. */
async function expectNoJobs(worker: FakeWorker, requester: FakeRequester): Promise<void> {
  for (let time = 0; time < 5; time++) {
    const { beats } = worker;
    await eventually("it is heard again", () => worker.beats > beats);
    expect((await requester.route()).job.refusal?.code).toBe("unavailable");
  }
  expect(worker.active.size).toBe(0);
}

describe("a worker that is banned", () => {
  it("serves nothing from that moment, whatever it announces, and is to do one job first when the ban is lifted", async () => {
    await mesh.router();
    const worker = await mesh.worker({ workerId: "w", slots: 4 });
    await mesh.admitted(worker);
    const requester = await mesh.requester({ requesterId: "r" });
    await ban();
    await eventually("it is out", async () => (await mesh.snapshotOf("w")) === undefined);
    await expectNoJobs(worker, requester);
    await liftBan(mesh.mesh, "w");
    const back = await eventually("it is back", () => mesh.snapshotOf("w"));
    expect(back.breaker).toBe("half-open");
    const { job } = await requester.route();
    await eventually("it has a job", () => job.workerId === "w");
  });

  it("is not taken over by a router from the last one's view of the fleet", async () => {
    const first = await mesh.router();
    const worker = await mesh.worker({ workerId: "w" });
    await mesh.admitted(worker);
    await first.crash();
    expect(await mesh.snapshotOf("w")).toBeDefined();
    await ban();
    await mesh.router();
    await expectNoJobs(worker, await mesh.requester({ requesterId: "r" }));
  });
});
