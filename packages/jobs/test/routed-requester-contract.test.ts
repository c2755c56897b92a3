import { requesterForRouterContract } from "@flock/ports";
import { DIGEST, MODEL } from "./fake-router.js";
import { addressOf, mesh, type Running, spec, startRequester, submit } from "./protocol-rig.js";

requesterForRouterContract("the requester", async () => {
  const requester = await startRequester({ cancelTimeoutMs: 100 });
  const running = new Map<string, Running>();
  const addresses = new Map<string, string>();
  const submitted = async () => {
    const jobSpec = spec();
    running.set(jobSpec.jobId, submit(requester, jobSpec));
    addresses.set(jobSpec.jobId, await addressOf(jobSpec.jobId));
    return jobSpec.jobId;
  };
  const first = await submitted();
  return {
    mesh,
    addressOf: (jobId) => addresses.get(jobId) ?? addresses.get(first) ?? "",
    model: { name: MODEL, digest: DIGEST },
    submit: submitted,
    giveUp: (jobId) => running.get(jobId)?.handle.cancel(),
    stop: async () => {
      for (const job of running.values()) job.handle.cancel();
    },
  };
});
