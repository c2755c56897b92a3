import { readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

const shape = {
  /** Its identity as a worker. */
  LOAD_KEY_FILE: z.string().min(1),
  /** What tickets and commands are signed with. */
  LOAD_MESH_KEY: z.string().min(1),
  /** Takes what is sealed, as every worker does; or plain text, to see what sealing costs. */
  LOAD_OFFERS_KEYS: z.enum(["true", "false"]).default("true"),
  /** Jobs that run at once. */
  LOAD_SLOTS: z.coerce.number().int().min(1).max(10_000).default(1_024),
};

/** Throws `invalid_argument` naming every bad variable. */
export function readLoadGeneratorConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("LOAD_", shape, environment);
}

export type LoadGeneratorConfig = ReturnType<typeof readLoadGeneratorConfig>;
