import { createHash } from "node:crypto";
import { WorkerRuntime } from "@flock/jobs";
import { loadOrCreateIdentity } from "@flock/keys";
import type { Part, Runtime } from "@flock/mesh";
import { SUBJECTS } from "@flock/proto";
import type { LoadGeneratorConfig } from "./config.js";
import { LOAD_GENERATOR_MODEL, PLAIN_LOAD_GENERATOR_MODEL } from "./load-instructions.js";
import { LoadRunner } from "./load-runner.js";

/**
 * A worker without a model: the real worker runtime (tickets, claims, chunks, signed receipts) around a runner that
 * makes tokens up. It measures what the mesh can carry, never what a model can generate.
 */
export async function createLoadGenerator(
  config: LoadGeneratorConfig,
  runtime: Runtime,
): Promise<readonly Part[]> {
  const identity = await loadOrCreateIdentity(config.LOAD_KEY_FILE);
  const mesh = await runtime.connect({ inboxPrefix: SUBJECTS.workerInbox(identity.id) });
  const offersKeys = config.LOAD_OFFERS_KEYS === "true";
  const name = offersKeys ? LOAD_GENERATOR_MODEL : PLAIN_LOAD_GENERATOR_MODEL;
  const model = { name, digest: createHash("sha256").update(name).digest("hex"), sizeBytes: 0 };
  const worker = new WorkerRuntime({
    mesh,
    workerId: identity.id,
    signer: identity,
    meshKeys: () => [config.LOAD_MESH_KEY],
    slots: config.LOAD_SLOTS,
    runner: new LoadRunner(),
    describe: async () => ({
      ...model,
      modifiedUnixMs: Date.now(),
      contextLength: 0,
      capabilities: ["completion"],
      showJson: Buffer.from(JSON.stringify({ details: { family: "load-generator" } })),
      resumesFormat: false,
    }),
    drainTimeoutMs: 0,
    offersKeys,
  });
  worker.setModels([{ ...model, loaded: true, contextLength: 0 }]);
  return [worker];
}
