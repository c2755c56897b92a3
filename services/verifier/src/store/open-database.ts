import { type Database, openDatabase, type PoolOptions } from "@flock/database";
import type { VerifierSchema } from "./schema.js";

/** Opens the schema `verifier`. */
export function openVerifierDatabase(options: Pick<PoolOptions, "url" | "logger">): Database<VerifierSchema> {
  return openDatabase({ ...options, schema: "verifier", applicationName: "verifier" });
}
