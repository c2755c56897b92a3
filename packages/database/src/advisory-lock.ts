import { hash } from "node:crypto";
import type pg from "pg";

/** A stable lock number for a name: the first 8 bytes of its SHA-256 as a signed integer. */
export function advisoryLockId(name: string): bigint {
  return hash("sha256", name, "buffer").readBigInt64BE(0);
}

/**
 * Runs `work` while this process alone, among all that share the database, holds the lock `name`; waits for it first,
 * as long as the pool lets a statement run. The lock lives on a connection of its own and ends with it, so a crash
 * releases it.
 */
export async function withAdvisoryLock<R>(pool: pg.Pool, name: string, work: () => Promise<R>): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLockId(name)]);
    return await work();
  } catch (thrown) {
    broken = thrown instanceof Error ? thrown : new Error("locked work failed", { cause: thrown });
    throw thrown;
  } finally {
    // Closing the connection is the one release that cannot fail halfway; locks are taken rarely.
    client.release(broken ?? true);
  }
}
