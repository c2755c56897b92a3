/*
 * The audit has SQL of its own, outside `store/`, on purpose: it must not share code with what it audits. A fault in
 * how the ledger reads or plans would hide itself from an audit that read and planned in the same way.
 */
import type { Database } from "@flock/database";
import { delay, type Part, repeating } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { LedgerMetrics } from "../metrics.js";
import type { LedgerSchema } from "../store/schema.js";
import { auditBooks } from "./audit-books.js";
import { checkBalances } from "./balance-checks.js";

export interface AuditorParts {
  readonly db: Database<LedgerSchema>;
  readonly metrics: LedgerMetrics;
  readonly logger: Logger;
}

/** Not at once: a service that is restarting has better things to do than to read every transfer. */
const FIRST_AUDIT_MS = 60_000;

/** How long an audit rests for each millisecond that it works: it has the time, and settlements have not. */
const REST = 9;

/**
 * Checks the balances of the running books among themselves, often. A violation is an error line and a metric to alert
 * on. It never stops the ledger: the database already refuses what would break a rule, so a violation means that
 * someone went around it, and a human has to look.
 */
export function balanceAuditor(parts: AuditorParts, intervalMs: number): Part {
  const { db, metrics, logger } = parts;
  return repeating({ name: "balance auditor", logger, intervalMs }, async () => {
    const violations = await checkBalances(db);
    metrics.audit("balances", violations.length);
    report(logger, violations);
    return false;
  });
}

/** Checks everything against every transfer, now and then and at leisure. It tells of violations as the other does. */
export function auditor(parts: AuditorParts, intervalMs: number): Part {
  const { db, metrics, logger } = parts;
  const firstAfterMs = Math.min(intervalMs, FIRST_AUDIT_MS);
  return repeating({ name: "auditor", logger, intervalMs, firstAfterMs }, async (stop) => {
    const startedAt = performance.now();
    const rest = async (workedMs: number) => {
      await delay(workedMs * REST, stop);
      stop.throwIfAborted();
    };
    const violations = await auditBooks(db, { rest }).catch((error: unknown) => {
      if (stop.aborted) return undefined;
      throw error;
    });
    if (violations === undefined) return false;
    metrics.audit("full", violations.length);
    report(logger, violations);
    const durationMs = Math.round(performance.now() - startedAt);
    logger.info({ durationMs, violations: violations.length }, "the books are audited");
    return false;
  });
}

function report(logger: Logger, violations: readonly string[]): void {
  for (const violation of violations) logger.error({ violation }, "the books are wrong");
}
