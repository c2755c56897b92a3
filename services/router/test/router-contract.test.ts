import { routerForRequesterContract } from "@flock/ports";
import { DIGEST } from "./fake-worker.js";
import { MeshUnderTest } from "./mesh-under-test.js";

routerForRequesterContract("the router", async () => {
  const mesh = await MeshUnderTest.start();
  await mesh.router();
  const name = "contract:latest";
  const worker = await mesh.worker({ workerId: "idle", models: [name], slots: 64, pulls: false });
  await mesh.admitted(worker);
  return { mesh: mesh.mesh, model: { name, digest: DIGEST }, stop: () => mesh.stop() };
});
