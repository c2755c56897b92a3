import type { Database } from "@flock/database";
import { type Part, repeating } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { Parameters } from "@flock/parameters";
import { isEpochOver, turnEpoch } from "./store/epochs.js";
import type { LedgerSchema } from "./store/schema.js";

const INTERVAL_MS = 250;

/**
 * Ends epochs at their time and opens the next, also when nothing is written. (A commit that comes first does it
 * itself, so that none waits for this.)
 */
export function epochTurner(db: Database<LedgerSchema>, parameters: () => Parameters, logger: Logger): Part {
  return repeating({ name: "epoch turner", logger, intervalMs: INTERVAL_MS }, async () => {
    if (await isEpochOver(db.pool)) await turnEpoch(db.pool, parameters());
    return false;
  });
}
