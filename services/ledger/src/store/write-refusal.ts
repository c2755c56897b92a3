import { constraintOf, sqlStateOf } from "@flock/database";

/** SQLSTATEs of our own, raised by the triggers of migrations/0002-transfers.ts. */
const HOLD_NOT_OPEN = "FL001";
const POOL_EXHAUSTED = "FL002";

/*
 * What a writer meets when another ledger process wrote between its facts and its commit: the same id, a hold resolved,
 * a wallet spent, or a lost lock race. Nothing was written, and a plan from fresh facts takes it into account.
 */
const OUTDATED = new Set([HOLD_NOT_OPEN, "23505", "40001", "40P01"]);
const WALLET_SPENT = "accounts_not_negative";

/**
 * Why the database refused a whole commit: `outdated` (plan again), `pool_exhausted` (a pool would go below zero), or
 * undefined for anything else, which is a fault or an unreachable database.
 */
export function writeRefusalOf(thrown: unknown): "outdated" | "pool_exhausted" | undefined {
  const sqlState = sqlStateOf(thrown);
  if (sqlState === POOL_EXHAUSTED) return "pool_exhausted";
  if (sqlState !== undefined && OUTDATED.has(sqlState)) return "outdated";
  return constraintOf(thrown) === WALLET_SPENT ? "outdated" : undefined;
}
