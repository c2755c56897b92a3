import { requesterForRouterContract } from "@flock/ports";
import { DIGEST, MODEL } from "./fake-router.js";
import { mesh, type Running, spec, startRequester, submit } from "./protocol-rig.js";

requesterForRouterContract("the requester", async () => {
  const requester = await startRequester({ cancelTimeoutMs: 100 });
  const running = new Map<string, Running>();
  return {
    mesh,
    requesterId: requester.id,
    model: { name: MODEL, digest: DIGEST },
    submit: async () => {
      const jobSpec = spec();
      running.set(jobSpec.jobId, submit(requester, jobSpec));
      return jobSpec.jobId;
    },
    giveUp: (jobId) => running.get(jobId)?.handle.cancel(),
    stop: async () => {
      for (const job of running.values()) job.handle.cancel();
    },
  };
});
