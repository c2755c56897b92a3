import { constraintOf, sqlStateOf } from "@flock/database";

/** SQLSTATEs of our own, raised by the triggers of migrations/0001-first-version/apply-transfers.ts and later ones. */
const HOLD_NOT_OPEN = "FL001";
const POOL_EXHAUSTED = "FL002";
const EPOCH_OVER = "FL004";
/** For example: its epoch has begun to close, or its cooldown was slashed. */
const RULE_OF_KIND = "FL005";

/*
 * What a writer meets when another ledger process wrote between its facts and its commit: the same id, a hold resolved,
 * a wallet spent, or a lost lock race. Nothing was written, and a plan from fresh facts takes it into account.
 */
const OUTDATED = new Set([HOLD_NOT_OPEN, RULE_OF_KIND, "23505", "40001", "40P01"]);
const WALLET_SPENT = "accounts_not_negative";

export type WriteRefusal = "outdated" | "pool_exhausted" | "epoch_over";

/**
 * Why the database refused a whole commit: `outdated` (plan again), `epoch_over` (turn the epoch over, then plan
 * again), `pool_exhausted` (a pool would go below zero), or undefined for anything else, which is a fault or an
 * unreachable database.
 */
export function writeRefusalOf(thrown: unknown): WriteRefusal | undefined {
  const sqlState = sqlStateOf(thrown);
  if (sqlState === EPOCH_OVER) return "epoch_over";
  if (sqlState === POOL_EXHAUSTED) return "pool_exhausted";
  if (sqlState !== undefined && OUTDATED.has(sqlState)) return "outdated";
  return constraintOf(thrown) === WALLET_SPENT ? "outdated" : undefined;
}
