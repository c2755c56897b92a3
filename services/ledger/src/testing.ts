import { createLogger } from "@flock/observability";
import { type BooksOptions, verifyBooks as verifyBooksOf } from "./store/books.js";
import { openReportDatabase } from "./store/open-database.js";

export { type BatchWriterOptions, measureBatchWriter } from "./load/batch-writer.js";
export { driveLedger, type LedgerLoad, type LedgerSpeed } from "./load/ledger-load.js";
export {
  driveHolds,
  driveSettlements,
  type HoldLoad,
  type HoldSpeed,
  type SettlementLoad,
  type SettlementSpeed,
} from "./load/settlement-load.js";

/**
 * Checks every invariant of the ledger in the database `url`, against every transfer ever made. Returns what is wrong,
 * in words; empty: the books are right. The ledger may be running or not.
 */
export async function verifyBooks(url: string, options: BooksOptions = {}): Promise<string[]> {
  const db = openReportDatabase({ url, logger: createLogger("verify-books", "silent") }, "verify-books");
  try {
    return await verifyBooksOf(db, options);
  } finally {
    await db.close();
  }
}

/**
 * Has the database gather its statistics now, as it does by itself sooner or later. Benches do this between rounds:
 * plans made from statistics are the ones that a ledger lives with.
 */
export async function analyzeLedger(url: string): Promise<void> {
  const db = openReportDatabase({ url, logger: createLogger("analyze", "silent") }, "analyze");
  try {
    await db.pool.query("ANALYZE");
  } finally {
    await db.close();
  }
}
