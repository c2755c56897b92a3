import { WorkerRuntime, type WorkerRuntimeOptions } from "@flock/jobs";
import { loadOrCreateIdentity } from "@flock/keys";
import type { Part, Runtime } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import { WorkerState } from "@flock/proto/workers";
import { OllamaRunner } from "@flock/runner";
import type { WorkerConfig } from "./config.js";
import { join } from "./enrolment/join.js";
import { hardwareOf } from "./hardware.js";
import { ModelInventory } from "./model-inventory.js";
import { ModelWatch } from "./model-watch.js";

type Connected = Pick<
  WorkerRuntimeOptions,
  "mesh" | "workerId" | "signer" | "delegation" | "payeeId" | "meshKeys"
> & {
  /** What keeps it connected. */
  readonly parts: readonly Part[];
};

/** A worker: one wallet, one Ollama, the job protocol between them. */
export async function createWorker(config: WorkerConfig, runtime: Runtime): Promise<readonly Part[]> {
  const { parts, ...self } =
    config.WORKER_API_URL === "" ? await alone(config, runtime) : await enrolled(config, runtime);
  const { workerId } = self;
  runtime.logger.info({ workerId, ollamaUrl: config.OLLAMA_HOST }, "worker identity");

  const inventory = new ModelInventory(config.OLLAMA_HOST, config.WORKER_CONTEXT_LENGTH);

  const hardware = await hardwareOf(config, runtime.logger);
  const worker = new WorkerRuntime({
    ...self,
    hardware,
    engine: () => models.engine,
    slots: config.WORKER_SLOTS,
    runner: new OllamaRunner(config.OLLAMA_HOST, (model) => inventory.profileOf(model)),
    describe: (model) => inventory.describe(model),
    drainTimeoutMs: config.WORKER_DRAIN_MS,
  });
  const state = () => ({
    workerId,
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
  return [...parts, worker, models];
}

/** Under its wallet's address, with a key of its own. */
async function enrolled(config: WorkerConfig, runtime: Runtime): Promise<Connected> {
  const { mesh, enrolment, renewal } = await join(config, runtime);
  const { workerId, workKey: signer, payeeId } = enrolment;
  const payee = payeeId === undefined ? {} : { payeeId };
  return {
    ...{ mesh, workerId, signer, ...payee, parts: [renewal] },
    delegation: () => enrolment.delegation,
    meshKeys: () => enrolment.session.meshKeys,
  };
}

/** In a mesh that has no enrolment: the key file signs everything. */
async function alone(config: WorkerConfig, runtime: Runtime): Promise<Connected> {
  const signer = await loadOrCreateIdentity(config.WORKER_KEY_FILE);
  const mesh = await runtime.connect({ inboxPrefix: SUBJECTS.workerInbox(signer.id) });
  const { WORKER_MESH_KEYS: meshKeys } = config;
  return { mesh, workerId: signer.id, signer, meshKeys: () => meshKeys, parts: [] };
}
