import { createLogger } from "@flock/observability";
import { type BooksOptions, verifyBooks as verifyBooksOf } from "./store/books.js";
import { openReportDatabase } from "./store/open-database.js";

export { driveLedger, type LedgerLoad, type LedgerSpeed } from "./ledger-load.js";

/**
 * Checks every invariant of the ledger in the database `url`, against every transfer ever made. Returns what is wrong, in
 * words; empty: the books are right. The ledger may be running or not.
 */
export async function verifyBooks(url: string, options: BooksOptions = {}): Promise<string[]> {
  const db = openReportDatabase({ url, logger: createLogger("verify-books", "silent") }, "verify-books");
  try {
    return await verifyBooksOf(db, options);
  } finally {
    await db.close();
  }
}
