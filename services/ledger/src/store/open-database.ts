import { type Database, openDatabase, type PoolOptions } from "@flock/database";
import type { LedgerSchema } from "./schema.js";

/** The Postgres schema that the ledger owns. */
const SCHEMA = "ledger";

type Options = Pick<PoolOptions, "url" | "logger">;

/**
 * Plans are made when the tables are still empty, or when the statistics are from then, and used when they are not: a
 * sequential scan that was right at the start would read all transfers ever made. The hot statements all have one right
 * plan at every size, index lookups, so they get no other.
 */
const INDEXES_ONLY = {
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
  // They look each row up once: there is nothing to remember.
  enable_memoize: "off",
};

/** Connections for everything but the hot path: statements, balances, loops. */
export function openLedgerDatabase(options: Options): Database<LedgerSchema> {
  return openDatabase({ ...options, schema: SCHEMA, applicationName: "ledger", settings: INDEXES_ONLY });
}

/** Connections of the group committer alone, so that a slow report never delays a hold. */
export function openWriterDatabase(options: Options): Database<LedgerSchema> {
  return openDatabase({
    ...options,
    schema: SCHEMA,
    applicationName: "ledger-writer",
    connectionsMax: 2,
    settings: { ...INDEXES_ONLY, plan_cache_mode: "force_generic_plan" },
  });
}

/** Connections for audits: they read everything, but page by page. */
export function openAuditDatabase(options: Options, applicationName: string): Database<LedgerSchema> {
  return openDatabase({
    ...options,
    schema: SCHEMA,
    applicationName,
    connectionsMax: 2,
    statementTimeoutMs: 600_000,
    settings: INDEXES_ONLY,
  });
}

/** A connection for what reads everything at once and may take its time: epoch statements. */
export function openReportDatabase(options: Options, applicationName: string): Database<LedgerSchema> {
  return openDatabase({
    ...options,
    schema: SCHEMA,
    applicationName,
    connectionsMax: 1,
    statementTimeoutMs: 600_000,
  });
}
