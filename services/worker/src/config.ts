import { FlockError } from "@flock/errors";
import { readServiceEnvironment } from "@flock/mesh";
import { ollamaUrl } from "@flock/ollama";
import { z } from "zod";

const shape = {
  /** The Ollama at this worker's side, as Ollama itself reads it ({@link ollamaUrl}). */
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
    }),
  /** Solana key file of the worker's identity; created if it does not exist. */
  WORKER_KEY_FILE: z.string().min(1).default("worker-key.json"),
  /**
   * Tokens of context that models are run with, of those that were made for as many and whose Modelfile does not say
   * (`PARAMETER num_ctx`). Default: what Ollama itself takes, so that its owner's own use does not load a model anew.
   */
  WORKER_CONTEXT_LENGTH: z.coerce.number().int().min(256).max(16_777_216).default(4_096),
  /**
   * Jobs run at once. Ollama queues without bound behind this, so it should not exceed what Ollama really runs at once.
   */
  WORKER_SLOTS: z.coerce.number().int().min(1).max(1_024).default(1),
  /** How often Ollama is asked which models it has and which are loaded. */
  WORKER_MODELS_INTERVAL_MS: z.coerce.number().int().min(100).max(600_000).default(2_000),
  /** On SIGTERM: how long running jobs may go on before they are given back to run elsewhere. */
  WORKER_DRAIN_MS: z.coerce.number().int().min(0).max(3_600_000).default(20_000),
};

/** The worker's configuration; throws `invalid_argument` naming every bad variable. */
export function readWorkerConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("WORKER_", shape, environment);
}

export type WorkerConfig = ReturnType<typeof readWorkerConfig>;
