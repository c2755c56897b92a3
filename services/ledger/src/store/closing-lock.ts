import { advisoryLockId } from "@flock/database";
import type pg from "pg";

const LOCK = advisoryLockId("flock.ledger.epoch-closer");

/** Does the work while no other ledger process does; undefined, and nothing is done, if one is at it. */
export async function asOnlyCloser<T>(pool: pg.Pool, work: () => Promise<T>): Promise<T | undefined> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ mine: boolean }>("SELECT pg_try_advisory_lock($1) AS mine", [LOCK]);
    if (rows[0]?.mine !== true) return undefined;
    const done = await work();
    await client.query("SELECT pg_advisory_unlock($1)", [LOCK]);
    return done;
  } catch (thrown) {
    // The connection is closed, and the lock ends with it.
    broken = thrown instanceof Error ? thrown : new Error("closing failed", { cause: thrown });
    throw thrown;
  } finally {
    client.release(broken);
  }
}
