import { readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

const shape = {
  /** Its identity as a worker. */
  LOAD_KEY_FILE: z.string().min(1),
  /** Jobs that run at once. */
  LOAD_SLOTS: z.coerce.number().int().min(1).max(10_000).default(1_024),
};

/** Throws `invalid_argument` naming every bad variable. */
export function readLoadGeneratorConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("LOAD_", shape, environment);
}

export type LoadGeneratorConfig = ReturnType<typeof readLoadGeneratorConfig>;
