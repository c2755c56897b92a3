import { setTimeout as delay } from "node:timers/promises";
import type { IsolationLevel, Kysely, Transaction } from "kysely";
import { databaseError, isTransient } from "./sql-state.js";

export interface RetryOptions {
  /** Tries in all; default 8, about 3 s of waiting when every one fails. */
  readonly attemptsMax?: number;
  /** Default `read committed`. */
  readonly isolationLevel?: IsolationLevel;
  /** 0 ≤ x < 1, for the jitter; default Math.random. */
  readonly random?: () => number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` in a transaction, and again with jittered backoff when it was aborted for another transaction's sake
 * (40001, 40P01) or the connection was lost (57P0x, 08xxx). A connection lost during COMMIT leaves the outcome unknown,
 * so `work` must be idempotent.
 * @throws FlockError, translated by {@link databaseError}.
 */
export async function retrying<Schema, R>(
  db: Kysely<Schema>,
  work: (dbTx: Transaction<Schema>) => Promise<R>,
  options: RetryOptions = {},
): Promise<R> {
  const { attemptsMax = 8, isolationLevel = "read committed", random = Math.random } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction().setIsolationLevel(isolationLevel).execute(work);
    } catch (thrown) {
      if (!isTransient(thrown) || attempt === attemptsMax) throw databaseError(thrown);
      await delay(retryDelayMs(attempt, random), undefined, { signal: options.signal });
    }
  }
}

/** Full jitter: uniformly between 0 and 10 ms × 2^attempt, at most 1 s. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  return random() * Math.min(10 * 2 ** attempt, 1_000);
}
