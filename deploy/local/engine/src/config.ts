import { FlockError } from "@flock/errors";
import { LOG_LEVELS, toLogLevel } from "@flock/observability";
import { z } from "zod";
import { FLOCK_TINY_FILE } from "./engine.js";

const integer = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** The engine's variables. The README's table says what each means. */
const schema = z.object({
  ENGINE_HOST: z.string().default("127.0.0.1"),
  ENGINE_PORT: integer(0, 65_535).default(11_434),
  ENGINE_MODEL_FILE: z.string().default(FLOCK_TINY_FILE),
  ENGINE_MODEL_NAME: z.string().max(300).default("flock-tiny:latest"),
  ENGINE_SEQUENCES: integer(1, 256).default(8),
  ENGINE_QUEUE_MAX: integer(0, 100_000).default(256),
  ENGINE_CONTEXT_TOKENS_MAX: integer(64, 1_048_576).default(4096),
  ENGINE_THREADS: integer(1, 256).default(1),
  LOG_LEVEL: z.preprocess(toLogLevel, z.enum(LOG_LEVELS).default("info")),
  DRAIN_TIMEOUT_MS: integer(0, 3_600_000).default(30_000),
});

export type EngineConfig = z.infer<typeof schema>;

/**
 * Reads the environment; empty strings count as unset. Throws `invalid_argument` listing every bad variable and every
 * `ENGINE_…` variable that does not exist.
 */
export function readConfig(environment: NodeJS.ProcessEnv): EngineConfig {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== "");
  const unknown = present
    .map(([name]) => name)
    .filter((name) => name.startsWith("ENGINE_") && !(name in schema.shape));
  const parsed = schema.safeParse(Object.fromEntries(present));
  const faults = [
    ...(parsed.error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? []),
    ...unknown.map((name) => `${name}: no such variable`),
  ];
  if (parsed.data === undefined || faults.length > 0) {
    throw new FlockError("invalid_argument", `bad configuration: ${faults.join("; ")}`);
  }
  return parsed.data;
}

/** This process's configuration. */
export const loadConfig = () => readConfig(process.env);
