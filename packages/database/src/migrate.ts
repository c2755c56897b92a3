import { FlockError } from "@flock/errors";
import { type Migration, Migrator } from "kysely";
import { withAdvisoryLock } from "./advisory-lock.js";
import { type Database, openDatabase } from "./database.js";
import { databaseError } from "./sql-state.js";

/**
 * A service's migrations by name, e.g. `{ "0001_accounts": accounts }`. An object rather than a folder, so that it is
 * the same from sources, from `dist` and from a bundle. They run in the order of their names, each in one transaction
 * with the rest.
 */
export type Migrations = Readonly<Record<string, Migration>>;

/** One hour: for one migration, and for waiting until another process has made its own. */
const MIGRATION_TIMEOUT_MS = 3_600_000;

/**
 * Brings the service's schema (created if missing) to its newest migration and returns the names of those that ran. Any
 * number of processes may call this at once: an advisory lock lets one work while the others wait and find nothing to
 * do. All or nothing: if a migration fails, none of this call's is kept.
 * @throws FlockError that names the failing migration.
 */
export async function migrateToLatest<Schema>(
  db: Database<Schema>,
  migrations: Migrations,
): Promise<string[]> {
  const { schema } = db.options;
  // Connections of its own: a migration, and waiting for another process's, may take longer than any statement should.
  const migrating = openDatabase<Schema>({ ...db.options, statementTimeoutMs: MIGRATION_TIMEOUT_MS });
  try {
    return await withAdvisoryLock(migrating.pool, `flock.migrations.${schema}`, async () => {
      const migrator = new Migrator({
        db: migrating.kysely,
        provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
        migrationTableSchema: schema,
        migrationTableName: "migrations",
        migrationLockTableName: "migrations_lock",
      });
      const { error, results = [] } = await migrator.migrateToLatest();
      if (error !== undefined) {
        const failed = results.find((result) => result.status === "Error")?.migrationName ?? "the set-up";
        const { code, retry, details, message } = databaseError(error);
        const text = `migration of schema ${schema} failed at ${failed}: ${message}`;
        throw new FlockError(code, text, { retry, details, cause: error });
      }
      return results.filter((result) => result.status === "Success").map((result) => result.migrationName);
    });
  } catch (thrown) {
    throw databaseError(thrown);
  } finally {
    await migrating.close();
  }
}
