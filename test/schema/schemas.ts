import { readdirSync } from "node:fs";
import { join } from "node:path";
import { MIGRATION_TABLES, migrateToLatest, openDatabase } from "@flock/database";
import { dumpSchema } from "@flock/database/testing";
import { createLogger } from "@flock/observability";
import { migrations as api } from "../../services/api/src/migrations/index.js";
import { migrations as ledger } from "../../services/ledger/src/migrations/index.js";
import { migrations as treasury } from "../../services/treasury/src/migrations/index.js";
import { migrations as verifier } from "../../services/verifier/src/migrations/index.js";

export const ROOT = join(import.meta.dirname, "../..");

/** The services with a database. Each owns the schema of its name. */
export const MIGRATIONS = { api, ledger, treasury, verifier };
export type Service = keyof typeof MIGRATIONS;
export const SERVICES = Object.keys(MIGRATIONS) as Service[];

/** Migrates an empty database, and gives the schema that comes of it as SQL. */
export async function migratedSchema(service: Service, url: string): Promise<string> {
  const logger = createLogger("schema-test", "silent");
  const db = openDatabase<unknown>({ url, applicationName: "schema-test", schema: service, logger });
  await migrateToLatest(db, MIGRATIONS[service]);
  await db.close();
  return dumpSchema(url, service, { without: MIGRATION_TABLES });
}

/** Paths of all files of a service's migrations from the root, but for the list of them. */
export function migrationFiles(service: string): string[] {
  const folder = `services/${service}/src/migrations`;
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== "index.ts")
    .map((name) => `${folder}/${name}`)
    .sort();
}
