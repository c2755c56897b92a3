import type { Database } from "@flock/database";
import { type Part, repeating } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { LedgerMetrics } from "./metrics.js";
import { foldCommits } from "./store/fold.js";
import type { LedgerSchema } from "./store/schema.js";

const COMMITS_PER_ROUND = 500;
const INTERVAL_MS = 500;

/** Keeps the checkpoints of the protocol's accounts close behind, so that their balances stay cheap to read. */
export function commitFolder(db: Database<LedgerSchema>, metrics: LedgerMetrics, logger: Logger): Part {
  return repeating(
    { name: "commit folder", logger, intervalMs: INTERVAL_MS, hasLastRound: true },
    async () => {
      const folded = await foldCommits(db, COMMITS_PER_ROUND);
      if (folded > 0) metrics.folded(folded);
      return folded === COMMITS_PER_ROUND;
    },
  );
}
