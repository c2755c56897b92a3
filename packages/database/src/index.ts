export { advisoryLockId } from "./advisory-lock.js";
export { type Database, openDatabase, type WaitOptions, waitForDatabase } from "./database.js";
export { databaseWatch } from "./database-watch.js";
export { MIGRATION_TABLES, type Migrations, migrateToLatest } from "./migrate.js";
export type { PoolOptions } from "./pool.js";
export { type RetryOptions, retryDelayMs, retrying } from "./retrying.js";
export { constraintOf, databaseError, isTransient, sqlStateOf } from "./sql-state.js";
export { watchedClient } from "./watched-client.js";
