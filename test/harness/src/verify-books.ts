import { auditBooks, type BooksOptions, openAuditDatabase } from "@flock/ledger/internal";
import { createLogger } from "@flock/observability";

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
