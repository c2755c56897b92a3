import { createLogger } from "@flock/observability";
import { auditBooks } from "./audit/audit-books.js";
import type { BooksOptions } from "./audit/balance-checks.js";
import { openAuditDatabase, openReportDatabase } from "./store/open-database.js";

export { type BatchWriterOptions, measureBatchWriter } from "./load/batch-writer.js";
export { driveLedger, type LedgerLoad, type LedgerSpeed } from "./load/ledger-load.js";
export {
  driveHolds,
  type HoldLoad,
  type HoldSpeed,
  prepareSettlements,
  type SettlementLoad,
  type SettlementSpeed,
} from "./load/settlement-load.js";

/**
 * Checks every invariant of the ledger in the database `url`, against every transfer ever made. Returns what is wrong,
 * in words; empty: the books are right. The ledger may be running or not.
 */
export async function verifyBooks(url: string, options: BooksOptions = {}): Promise<readonly string[]> {
  const db = openAuditDatabase({ url, logger: createLogger("verify-books", "silent") }, "verify-books");
  try {
    return await auditBooks(db, options);
  } finally {
    await db.close();
  }
}

/** As many as the database that the launcher starts keeps for the next time (`min_wal_size`). */
const LOG_SEGMENTS = 16n;

/**
 * Brings the database to the state that a ledger lives with, as it does by itself within minutes: with statistics to
 * plan by, and with segments of its log that were used before and need not be made (80 ms each, in which nothing is
 * committed). Benches do this between rounds.
 */
export async function maintainDatabase(url: string): Promise<void> {
  const db = openReportDatabase(
    { url, logger: createLogger("maintain-database", "silent") },
    "maintain-database",
  );
  try {
    await db.pool.query("ANALYZE");
    const { rows } = await db.pool.query<{ segments: bigint }>(
      "SELECT count(*) AS segments FROM pg_ls_waldir()",
    );
    for (let segments = rows[0]?.segments ?? 0n; segments < LOG_SEGMENTS; segments++) {
      await db.pool.query("SELECT pg_logical_emit_message(false, 'maintain-database', '')");
      await db.pool.query("SELECT pg_switch_wal()");
    }
    await db.pool.query("CHECKPOINT");
  } finally {
    await db.close();
  }
}
