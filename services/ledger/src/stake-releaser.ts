import type { Database } from "@flock/database";
import { type Part, repeating } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { OperationRunner } from "./operation-runner.js";
import { readOverdueUnstakes } from "./store/overdue-cooldowns.js";
import type { LedgerSchema } from "./store/schema.js";

const RELEASES_PER_ROUND = 500;

/**
 * Gives unstaked LLAMA back to its wallet when its cooldown is over, by the database's clock. Any number of processes
 * may do this at once.
 */
export function stakeReleaser(
  db: Database<LedgerSchema>,
  operations: OperationRunner,
  logger: Logger,
  intervalMs: number,
): Part {
  return repeating({ name: "stake releaser", logger, intervalMs }, async () => {
    const requestIds = await readOverdueUnstakes(db, RELEASES_PER_ROUND);
    const outcomes = await Promise.all(
      requestIds.map((requestId) => operations.run({ kind: "release_stake", requestId })),
    );
    const released = outcomes.filter((outcome) => outcome.kind === "released").length;
    if (released > 0) logger.info({ unstakes: released }, "unstaked LLAMA given back");
    return requestIds.length === RELEASES_PER_ROUND;
  });
}
