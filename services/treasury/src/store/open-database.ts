import { type Database, openDatabase, type PoolOptions } from "@flock/database";
import type { TreasurySchema } from "./schema.js";

/** Opens the schema `treasury`. */
export function openTreasuryDatabase(options: Pick<PoolOptions, "url" | "logger">): Database<TreasurySchema> {
  return openDatabase({ ...options, schema: "treasury", applicationName: "treasury" });
}
