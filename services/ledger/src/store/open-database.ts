import { type Database, openDatabase, type PoolOptions } from "@flock/database";
import type { LedgerSchema } from "./schema.js";

/** The Postgres schema that the ledger owns. */
export const SCHEMA = "ledger";

type Options = Pick<PoolOptions, "url" | "logger">;

/** Connections for everything but the hot path: statements, balances, audits, loops. */
export function openLedgerDatabase(options: Options): Database<LedgerSchema> {
  return openDatabase({ ...options, schema: SCHEMA, applicationName: "ledger" });
}

/**
 * Connections of the group committer alone, so that a slow report never delays a hold. Its two prepared statements (and
 * the trigger's) are planned once, maybe when the tables were still empty; the settings leave them no plan but the
 * index lookups that are right at every size.
 */
export function openWriterDatabase(options: Options): Database<LedgerSchema> {
  return openDatabase({
    ...options,
    schema: SCHEMA,
    applicationName: "ledger-writer",
    connectionsMax: 2,
    settings: {
      plan_cache_mode: "force_generic_plan",
      enable_seqscan: "off",
      enable_hashjoin: "off",
      enable_mergejoin: "off",
    },
  });
}

/** A connection for audits, which read everything and may take their time. */
export function openAuditDatabase(options: Options): Database<LedgerSchema> {
  return openDatabase({
    ...options,
    schema: SCHEMA,
    applicationName: "ledger-auditor",
    connectionsMax: 1,
    statementTimeoutMs: 600_000,
  });
}
