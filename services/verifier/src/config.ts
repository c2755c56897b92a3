import { databaseUrl, integer } from "@flock/configuration";
import { meshKeyFiles, readServiceEnvironment } from "@flock/mesh";
import { isSubjectToken } from "@flock/proto";
import { z } from "zod";

const workerIds = z
  .string()
  .transform((text) => text.split(",").flatMap((id) => id.trim() || []))
  .pipe(z.array(z.string().refine(isSubjectToken, "must be ids of workers, separated by commas")));

/** The verifier's variables. Their descriptions make the table in the README. */
export const variables = {
  DATABASE_URL: databaseUrl.describe(
    "`postgres://…`; the verifier owns the schema `verifier` in that database",
  ),
  MESH_KEY_FILE: meshKeyFiles,
  VERIFIER_REFEREES: workerIds
    .default([])
    .describe(
      "ids of workers that are the protocol's own, separated by commas: they read again what speaks against a worker. Without any, nothing is ever held against one",
    ),
  VERIFIER_CONCURRENCY: integer(1, 256).default(2).describe("checks that run at once"),
  VERIFIER_CHECK_AGE_MAX_MS: integer(1_000, 3_600_000)
    .default(600_000)
    .describe("a check that could not be made within that time is undetermined"),
  VERIFIER_CALIBRATION_FILE: z
    .string()
    .optional()
    .describe(
      "JSON of calibration cells that are loaded where there is none yet; default: those that are shipped",
    ),
};

/** The verifier's configuration; throws `invalid_argument` naming every bad variable. */
export function readVerifierConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("VERIFIER_", variables, environment);
}

export type VerifierConfig = ReturnType<typeof readVerifierConfig>;
