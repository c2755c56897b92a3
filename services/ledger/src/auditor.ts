import type { Database } from "@flock/database";
import { type Part, repeating } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { LedgerMetrics } from "./metrics.js";
import { checkBalances, verifyBooks } from "./store/books.js";
import type { LedgerSchema } from "./store/schema.js";

export interface AuditIntervals {
  readonly balancesMs: number;
  /** Of the audit that reads every transfer. */
  readonly fullMs: number;
}

/** Not at once: a service that is restarting has better things to do than to read every transfer. */
const FIRST_FULL_AUDIT_MS = 60_000;

/**
 * Checks the running books: the balances among themselves often, everything against the transfers now and then. A
 * violation is an error line and a metric to alert on. It never stops the ledger: the database already refuses what
 * would break a rule, so a violation means that someone went around it, and a human has to look.
 */
export function auditor(
  db: Database<LedgerSchema>,
  metrics: LedgerMetrics,
  logger: Logger,
  intervals: AuditIntervals,
): Part {
  let nextFullMs = performance.now() + Math.min(intervals.fullMs, FIRST_FULL_AUDIT_MS);
  return repeating({ name: "auditor", logger, intervalMs: intervals.balancesMs }, async () => {
    const isFull = performance.now() >= nextFullMs;
    const violations = isFull ? await verifyBooks(db) : await checkBalances(db);
    if (isFull) nextFullMs = performance.now() + intervals.fullMs;
    metrics.audit(isFull ? "full" : "balances", violations.length);
    for (const violation of violations) logger.error({ violation }, "the books are wrong");
    return false;
  });
}
