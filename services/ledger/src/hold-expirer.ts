import type { Database } from "@flock/database";
import { type Part, repeating } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { OperationRunner } from "./operation-runner.js";
import { readOverdueJobs } from "./store/overdue-holds.js";
import type { LedgerSchema } from "./store/schema.js";

const HOLDS_PER_ROUND = 500;

/**
 * Gives holds back whose time is over, by the database's clock. Any number of processes may do this at once. A hold
 * counts as expired from its timeout on, whether or not this loop has come round: it only makes it visible in the
 * balance.
 */
export function holdExpirer(
  db: Database<LedgerSchema>,
  operations: OperationRunner,
  logger: Logger,
  intervalMs: number,
): Part {
  return repeating({ name: "hold expirer", logger, intervalMs }, async () => {
    const jobIds = await readOverdueJobs(db, HOLDS_PER_ROUND);
    const outcomes = await Promise.all(jobIds.map((jobId) => operations.run({ kind: "expire", jobId })));
    const givenBack = outcomes.filter((outcome) => outcome.kind === "given_back").length;
    if (givenBack > 0) logger.info({ holds: givenBack }, "expired holds given back");
    return jobIds.length === HOLDS_PER_ROUND;
  });
}
