import { createHash } from "node:crypto";
import { WorkerRuntime } from "@flock/jobs";
import { generateIdentity } from "@flock/keys";
import type { Mesh, Part, Runtime } from "@flock/mesh";
import type { LoadGeneratorConfig } from "./config.js";
import { LOAD_GENERATOR_MODEL, PLAIN_LOAD_GENERATOR_MODEL } from "./load-instructions.js";
import { LoadRunner } from "./load-runner.js";

/**
 * Workers without a model: the real worker runtime (tickets, claims, chunks, signed receipts) around a runner that
 * makes tokens up. They measure what the mesh can carry, never what a model can generate. One of them works as every
 * worker does, the other one takes plain text.
 */
export async function createLoadGenerator(
  config: LoadGeneratorConfig,
  runtime: Runtime,
): Promise<readonly Part[]> {
  const mesh = await runtime.connect();
  return [
    loadGeneratorOf(LOAD_GENERATOR_MODEL, config, mesh, true),
    loadGeneratorOf(PLAIN_LOAD_GENERATOR_MODEL, config, mesh, false),
  ];
}

function loadGeneratorOf(name: string, config: LoadGeneratorConfig, mesh: Mesh, offersKeys: boolean): Part {
  const model = { name, digest: createHash("sha256").update(name).digest("hex"), sizeBytes: 0 };
  const worker = new WorkerRuntime({
    mesh,
    identity: generateIdentity(),
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
  return worker;
}
