import { serve } from "@flock/mesh";
import { routerForApiContract } from "@flock/ports";
import { startTestNats } from "@flock/provision/testing";
import { connectForTest } from "./api-under-test.js";
import { FakeRouter } from "./fake-router.js";

routerForApiContract("its fake", async () => {
  const nats = await startTestNats();
  const mesh = await connectForTest(nats.url, "test");
  const router = new FakeRouter();
  const [workerId, model] = ["idle", "contract:latest"];
  router.idle(workerId, model, Date.now());
  const stop = new AbortController();
  const served = serve(mesh, "router", router.methods()).start(stop.signal);
  await mesh.nats.flush();
  return {
    ...{ mesh, workerId, model },
    stop: async () => {
      stop.abort();
      await served;
      await mesh.close();
      await nats.stop();
    },
  };
});
