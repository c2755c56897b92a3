import { workerForRouterContract } from "@flock/ports";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

const MODEL = "contract:latest";

let mesh: MeshUnderTest;
beforeAll(async () => {
  mesh = await MeshUnderTest.start();
}, 300_000);
afterAll(() => mesh.stop());

workerForRouterContract("its fake", async () => {
  const worker = await mesh.worker({ workerId: "contract", models: [MODEL] });
  return {
    mesh: mesh.mesh,
    workerId: worker.workerId,
    model: { name: MODEL, digest: DIGEST },
    finish: (jobId) => worker.active.get(jobId)?.finish(),
    leave: () => worker.leave(),
    stop: () => mesh.endTest(),
  };
});
