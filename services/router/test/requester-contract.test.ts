import { requesterForRouterContract } from "@flock/ports";
import { Outcome } from "@flock/proto/jobs";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

const MODEL = "contract:latest";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterAll(() => mesh.stop());

requesterForRouterContract("its fake", async () => {
  await mesh.router();
  await mesh.admitted(await mesh.worker({ workerId: "idle", models: [MODEL], slots: 64, pulls: false }));
  const requester = await mesh.requester({ requesterId: "contract" });
  return {
    mesh: mesh.mesh,
    addressOf: () => "contract",
    model: { name: MODEL, digest: DIGEST },
    submit: async () => (await requester.route({ model: MODEL })).job.jobId,
    giveUp: (jobId) => {
      const job = requester.jobs.get(jobId);
      if (job !== undefined) requester.end(job, Outcome.CANCELLED);
    },
    stop: () => mesh.endTest(),
  };
});
