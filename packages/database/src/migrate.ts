import { FlockError } from "@flock/errors";
import { type Migration, Migrator } from "kysely";
import pg from "pg";
import { withAdvisoryLock } from "./advisory-lock.js";
import { checkApplied } from "./check-applied.js";
import { type Database, openDatabase } from "./database.js";
import { databaseError } from "./sql-state.js";

/**
 * A service's migrations by name, e.g. `{ "0001_accounts": accounts }`. An object rather than a folder, so that it is
 * the same from sources, from `dist` and from a bundle. They run in the order of their names, each in one transaction
 * with the rest.
 */
export type Migrations = Readonly<Record<string, Migration>>;

/** Kysely's, in the service's schema: what has run, and what it locks. */
export const MIGRATION_TABLES = ["migrations", "migrations_lock"] as const;

/** One hour: for one migration, and for waiting until another process has made its own. */
const MIGRATION_TIMEOUT_MS = 3_600_000;

/**
 * Brings the service's schema (created if missing) to its newest migration and returns the names of those that ran. Any
 * number of processes may call this at once: an advisory lock lets one work while the others wait and find nothing to
 * do. All or nothing: if a migration fails, none of this call's is kept.
 * @throws FlockError that names the failing migration; `failed_precondition`, before anything is touched, when another
 * version made the schema ({@link checkApplied}).
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
      checkApplied(schema, await appliedMigrations(migrating), Object.keys(migrations));
      const [migrationTableName, migrationLockTableName] = MIGRATION_TABLES;
      const migrator = new Migrator({
        db: migrating.kysely,
        provider: { getMigrations: () => Promise.resolve({ ...migrations }) },
        migrationTableSchema: schema,
        migrationTableName,
        migrationLockTableName,
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

/** In the order of their names, which is the one that they ran in; none in a new database. */
async function appliedMigrations<Schema>({ pool, options }: Database<Schema>): Promise<string[]> {
  const table = `${pg.escapeIdentifier(options.schema)}.${MIGRATION_TABLES[0]}`;
  const { rows: found } = await pool.query<{ is_there: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS is_there",
    [table],
  );
  if (found[0]?.is_there !== true) return [];
  const { rows } = await pool.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY name COLLATE "C"`);
  return rows.map(({ name }) => name);
}
