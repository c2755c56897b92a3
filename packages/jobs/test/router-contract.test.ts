import { routerForRequesterContract } from "@flock/ports";
import { DIGEST, MODEL } from "./fake-router.js";
import { connect } from "./protocol-rig.js";

routerForRequesterContract("its fake", async () => {
  const mesh = await connect();
  return { mesh, model: { name: MODEL, digest: DIGEST }, stop: () => mesh.close() };
});
