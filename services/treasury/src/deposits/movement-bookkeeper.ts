import { type Part, repeating } from "@flock/mesh";
import { baseUnits, fromBaseUnits } from "../domain/base-units.js";
import { isRefusal } from "../ledger.js";
import { advanceMovement, type MovementRecord, unbookedMovements } from "../store/movements.js";
import { halt, type Treasury } from "../treasury.js";
import { decideDeposits } from "./deposit-decider.js";

const MOVEMENTS_PER_ROUND = 128;
const INTERVAL_MS = 200;

/**
 * Tells the ledger of finalized deposits and custody. Idempotent by signature there, conditional here: credited once,
 * however often this is interrupted.
 */
export function movementBookkeeper(treasury: Treasury): Part {
  const { logger } = treasury;
  return repeating({ name: "movement bookkeeper", logger, intervalMs: INTERVAL_MS }, () =>
    keepMovementBooks(treasury),
  );
}

/** One round. True: there is more to do. */
export async function keepMovementBooks(treasury: Treasury): Promise<boolean> {
  // What is undecided holds up nothing that is not.
  const decided = await Promise.allSettled([decideDeposits(treasury)]);
  const hasMore = await bookDecided(treasury);
  for (const result of decided) if (result.status === "rejected") throw result.reason;
  return hasMore || decided.some((result) => result.status === "fulfilled" && result.value);
}

async function bookDecided(treasury: Treasury): Promise<boolean> {
  const movements = await unbookedMovements(treasury.db.kysely, MOVEMENTS_PER_ROUND);
  const settled = await Promise.allSettled(movements.map((movement) => book(treasury, movement)));
  const failed = settled.find((result) => result.status === "rejected");
  // What went well is done; the rest is tried again after a pause.
  if (failed !== undefined) throw failed.reason;
  return movements.length === MOVEMENTS_PER_ROUND;
}

async function book(treasury: Treasury, movement: MovementRecord): Promise<void> {
  const { db, ledger, logger } = treasury;
  const { signature, accountId, kind, reason } = movement;
  const amount = fromBaseUnits(baseUnits(movement.delta));
  try {
    if (kind === "custody") await ledger.custody(signature, amount);
    else await ledger.deposit(signature, accountId, amount);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return await halt(treasury, "ledger", `the ledger refuses ${kind} ${signature}: ${error.message}`);
  }
  const isSuspended = kind === "deposit" && accountId === "";
  if (!(await advanceMovement(db.kysely, signature, "seen", isSuspended ? "suspended" : "credited"))) return;
  if (isSuspended) logger.warn({ signature, amount: String(amount), reason }, "a deposit is in suspense");
  else logger.info({ signature, accountId, amount: String(amount), kind }, "credited");
}
