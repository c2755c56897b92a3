import { generateIdentity } from "@flock/keys";
import { meshSigner, workerForRouterContract } from "@flock/ports";
import { ModelDescription } from "@flock/proto/workers";
import { type JobRunner, WorkerRuntime } from "../src/index.js";
import { DIGEST } from "./fake-router.js";
import { connect, mesh } from "./protocol-rig.js";

/** Another model than that of the rig's fake router, which would answer for its tickets. */
const MODEL = "contract:latest";
const COUNTS = {
  promptTokens: 0,
  completionTokens: 0,
  loadDurationNs: 0,
  promptEvalDurationNs: 0,
  evalDurationNs: 0,
};

workerForRouterContract("the worker", async () => {
  const finishers = new Map<string, () => void>();
  const runner: JobRunner = {
    run: (job, _emit, signal) =>
      new Promise((resolve, reject) => {
        finishers.set(job.jobId, () => resolve({ doneReason: "stop", ...COUNTS }));
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      }),
  };
  const own = await connect();
  const identity = generateIdentity();
  const showJson = Buffer.from("{}");
  const runtime = new WorkerRuntime({
    mesh: own,
    workerId: identity.id,
    signer: identity,
    meshKeys: () => meshSigner.publicKeys,
    slots: 1,
    runner,
    describe: async (name) => ModelDescription.fromPartial({ name, digest: DIGEST, showJson }),
    drainTimeoutMs: 0,
  });
  const stopping = new AbortController();
  const stopped = runtime.start(stopping.signal);
  runtime.setModels([{ name: MODEL, digest: DIGEST, sizeBytes: 1, loaded: true, contextLength: 2_048 }]);
  const leave = async () => {
    stopping.abort();
    await stopped;
  };
  return {
    mesh,
    workerId: identity.id,
    model: { name: MODEL, digest: DIGEST },
    finish: (jobId) => finishers.get(jobId)?.(),
    leave,
    stop: async () => {
      await leave();
      await own.close();
    },
  };
});
