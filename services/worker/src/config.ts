import { integer } from "@flock/configuration";
import { FlockError } from "@flock/errors";
import { readServiceEnvironment } from "@flock/mesh";
import { ollamaUrl } from "@flock/ollama";
import { z } from "zod";

/** The worker's variables. Their descriptions make the table in the README. */
export const variables = {
  OLLAMA_HOST: z
    .string()
    .default("")
    .transform((text, { addIssue }) => {
      try {
        return ollamaUrl(text);
      } catch (error) {
        addIssue(FlockError.from(error).message);
        return z.NEVER;
      }
    })
    .describe(
      "the Ollama at its side, in any of the forms that [Ollama itself reads](../../packages/ollama/src/ollama-host.ts); never asked through a proxy",
    ),
  WORKER_KEY_FILE: z
    .string()
    .min(1)
    .default("worker-key.json")
    .describe("its identity, a Solana key file; created if it does not exist"),
  WORKER_CONTEXT_LENGTH: integer(256, 16_777_216)
    .default(4_096)
    .describe(
      "tokens of context that a model runs with, if its Modelfile sets no `num_ctx` and the model was made for as many; longer prompts are refused. The default is Ollama's own, so that its owner's use does not load a model anew",
    ),
  WORKER_SLOTS: integer(1, 1_024)
    .default(1)
    .describe(
      "jobs that run at once; no more than Ollama runs in parallel (`OLLAMA_NUM_PARALLEL`), because Ollama queues the rest",
    ),
  WORKER_MODELS_INTERVAL_MS: integer(100, 600_000)
    .default(2_000)
    .describe("how often Ollama is asked which models it has and which are loaded"),
  WORKER_DRAIN_MS: integer(0, 3_600_000)
    .default(20_000)
    .describe(
      "how long running jobs may go on after SIGTERM, before they are given back to run elsewhere; 0: they are given back at once. Keep it below `DRAIN_TIMEOUT_MS`",
    ),
};

/** The worker's configuration; throws `invalid_argument` naming every bad variable. */
export function readWorkerConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("WORKER_", variables, environment);
}

export type WorkerConfig = ReturnType<typeof readWorkerConfig>;
