import { WorkerRuntime } from "@flock/jobs";
import { loadOrCreateIdentity } from "@flock/keys";
import type { Part, Runtime } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { WorkerState } from "@flock/proto/workers";
import { OllamaRunner } from "@flock/runner";
import type { WorkerConfig } from "./config.js";
import { ModelInventory } from "./model-inventory.js";
import { ModelWatch } from "./model-watch.js";

/** A worker: one identity, one Ollama, the job protocol between them. */
export async function createWorker(config: WorkerConfig, runtime: Runtime): Promise<readonly Part[]> {
  const identity = await loadOrCreateIdentity(config.WORKER_KEY_FILE);
  runtime.logger.info({ workerId: identity.id, ollamaUrl: config.OLLAMA_HOST }, "worker identity");
  const mesh = await runtime.connect({ inboxPrefix: SUBJECTS.workerInbox(identity.id) });

  const inventory = new ModelInventory(config.OLLAMA_HOST, config.WORKER_CONTEXT_LENGTH);

  const worker = new WorkerRuntime({
    mesh,
    identity,
    slots: config.WORKER_SLOTS,
    runner: new OllamaRunner(config.OLLAMA_HOST, (model) => inventory.profileOf(model)),
    describe: (model) => inventory.describe(model),
    drainTimeoutMs: config.WORKER_DRAIN_MS,
  });
  const state = () => ({
    workerId: identity.id,
    state: WorkerState[worker.state],
    activeLeases: worker.activeLeases,
  });
  const control = (name: string, act: () => void): void => {
    const handle = () => {
      act();
      return state();
    };
    runtime.control({ method: "POST", path: `/control/${name}`, handle });
  };
  runtime.control({ method: "GET", path: "/control/state", handle: state });
  control("pause", () => worker.pause());
  control("resume", () => worker.resume());
  control("drain", () => runtime.stop("its operator asked for a drain"));

  const models = new ModelWatch({
    ollamaUrl: config.OLLAMA_HOST,
    inventory,
    intervalMs: config.WORKER_MODELS_INTERVAL_MS,
    runtime: worker,
    logger: runtime.logger,
  });
  return [worker, models];
}
