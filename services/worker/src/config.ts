import { readEnvironment } from "@flock/mesh";
import { z } from "zod";

const shape = {
  /** The Ollama at this worker's side, as Ollama's own clients take it: `http://host:port` or `host:port`. */
  OLLAMA_HOST: z.string().min(1).default("http://127.0.0.1:11434"),
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
  const config = readEnvironment(shape, environment);
  return { ...config, OLLAMA_HOST: ollamaUrl(config.OLLAMA_HOST) };
}

export type WorkerConfig = ReturnType<typeof readWorkerConfig>;

/** `OLLAMA_HOST` may lack the scheme and the port, and may be the address that a server listens on. */
function ollamaUrl(host: string): string {
  const url = new URL(/^https?:\/\//.test(host) ? host : `http://${host}`);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.port === "" && url.protocol === "http:" && !host.endsWith(":80")) url.port = "11434";
  return url.toString().replace(/\/$/, "");
}
