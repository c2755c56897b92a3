import { drainTimeoutMs, integer, logLevel, port, readEnvironment } from "@flock/configuration";
import { z } from "zod";
import { FLOCK_TINY_FILE } from "./engine.js";

/** The engine's variables. Their descriptions make the table in the README. */
export const variables = {
  ENGINE_HOST: z.string().default("127.0.0.1").describe("where it listens"),
  ENGINE_PORT: port.default(11_434).describe("0: any free port"),
  ENGINE_MODEL_FILE: z.string().default(FLOCK_TINY_FILE).meta({
    description: "any GGUF file that llama.cpp loads",
    shownDefault: "the bundled `flock-tiny`",
  }),
  ENGINE_MODEL_NAME: z.string().max(300).default("flock-tiny:latest").describe("the name it is served under"),
  ENGINE_SEQUENCES: integer(1, 256)
    .default(8)
    .describe("generations side by side; each holds a 32-bit cache of the whole context"),
  ENGINE_QUEUE_MAX: integer(0, 100_000)
    .default(256)
    .describe("generations that may wait, first come first served; a further one is refused with 503"),
  ENGINE_CONTEXT_TOKENS_MAX: integer(64, 1_048_576)
    .default(4096)
    .describe("offered at most, if the model's own context is longer"),
  ENGINE_THREADS: integer(1, 256)
    .default(1)
    .describe("more only helps models far larger than the bundled one"),
  LOG_LEVEL: logLevel,
  DRAIN_TIMEOUT_MS: drainTimeoutMs,
};

export type EngineConfig = z.infer<z.ZodObject<typeof variables>>;

/**
 * Reads the environment; empty strings count as unset. Throws `invalid_argument` listing every bad variable and every
 * `ENGINE_…` variable that does not exist.
 */
export function readConfig(environment: NodeJS.ProcessEnv): EngineConfig {
  return readEnvironment(variables, environment, { prefix: "ENGINE_" });
}

/** This process's configuration. */
export const loadConfig = () => readConfig(process.env);
