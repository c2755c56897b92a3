import { setTimeout as delay } from "node:timers/promises";
import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";
import { createPool, type PoolOptions } from "./pool.js";
import { databaseError, isTransient } from "./sql-state.js";

/** One service's access to its own schema. */
export interface Database<Schema> {
  /** Typed queries. */
  readonly kysely: Kysely<Schema>;
  /** The connections behind it, for named prepared statements on hot paths. */
  readonly pool: pg.Pool;
  /** What it was opened with. */
  readonly options: PoolOptions;
  /** Waits for running queries, then closes every connection. Later queries fail. */
  close(): Promise<void>;
}

/** Opens a {@link createPool pool} and Kysely over it. Touches no server until the first query. */
export function openDatabase<Schema>(options: PoolOptions): Database<Schema> {
  const pool = createPool(options);
  const kysely = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  return { kysely, pool, options, close: () => close(kysely, pool) };
}

/** Kysely ends the pool only if it ever ran a query itself. */
async function close(kysely: { destroy(): Promise<void> }, pool: pg.Pool): Promise<void> {
  await kysely.destroy();
  if (!pool.ending) await pool.end();
}

/** True if Postgres answers a trivial query within `timeoutMs` (default 1 000): the readiness probe of a service. */
export async function isReady(db: Pick<Database<unknown>, "pool">, timeoutMs = 1_000): Promise<boolean> {
  const timeout = new AbortController();
  const late = delay(timeoutMs, false, { signal: timeout.signal }).catch(() => false);
  const answered = db.pool.query("SELECT 1").then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([answered, late]);
  } finally {
    timeout.abort();
  }
}

export interface WaitOptions {
  /** Gives up after this long; default 60 000. */
  readonly timeoutMs?: number;
  /** Ends the wait early with its reason. */
  readonly signal?: AbortSignal;
  /** Called after each failed attempt, for a log line. */
  readonly onRetry?: (error: Error, attempt: number) => void;
}

/**
 * Waits until Postgres accepts queries, trying every 100 ms to 2 s.
 * @throws FlockError `unavailable` when the time is up; any other refusal (password, unknown database) at once.
 */
export async function waitForDatabase(
  db: Pick<Database<unknown>, "pool">,
  options: WaitOptions = {},
): Promise<void> {
  const giveUpAt = performance.now() + (options.timeoutMs ?? 60_000);
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      await db.pool.query("SELECT 1");
      return;
    } catch (thrown) {
      const error = databaseError(thrown);
      const waitMs = Math.min(100 * 2 ** (attempt - 1), 2_000);
      if (!isTransient(thrown) || performance.now() + waitMs > giveUpAt) throw error;
      options.onRetry?.(error, attempt);
      await delay(waitMs, undefined, { signal: options.signal });
    }
  }
}
