import { routerForApiContract } from "@flock/ports";
import { MeshUnderTest } from "./mesh-under-test.js";

routerForApiContract("the router", async () => {
  const mesh = await MeshUnderTest.start();
  await mesh.router();
  const model = "contract:latest";
  const worker = await mesh.worker({ workerId: "idle", models: [model], slots: 2 });
  await mesh.admitted(worker);
  return { mesh: mesh.mesh, workerId: worker.workerId, model, stop: () => mesh.stop() };
});
