import { drainTimeoutMs, integer, logLevel, port, readEnvironment } from "@flock/configuration";
import { z } from "zod";
import { FLOCK_TINY_FILE } from "./engine.js";

/** The engine's variables. The README's table says what each means. */
const shape = {
  ENGINE_HOST: z.string().default("127.0.0.1"),
  ENGINE_PORT: port.default(11_434),
  ENGINE_MODEL_FILE: z.string().default(FLOCK_TINY_FILE),
  ENGINE_MODEL_NAME: z.string().max(300).default("flock-tiny:latest"),
  ENGINE_SEQUENCES: integer(1, 256).default(8),
  ENGINE_QUEUE_MAX: integer(0, 100_000).default(256),
  ENGINE_CONTEXT_TOKENS_MAX: integer(64, 1_048_576).default(4096),
  ENGINE_THREADS: integer(1, 256).default(1),
  LOG_LEVEL: logLevel,
  DRAIN_TIMEOUT_MS: drainTimeoutMs,
};

export type EngineConfig = z.infer<z.ZodObject<typeof shape>>;

/**
 * Reads the environment; empty strings count as unset. Throws `invalid_argument` listing every bad variable and every
 * `ENGINE_…` variable that does not exist.
 */
export function readConfig(environment: NodeJS.ProcessEnv): EngineConfig {
  return readEnvironment(shape, environment, { prefix: "ENGINE_" });
}

/** This process's configuration. */
export const loadConfig = () => readConfig(process.env);
