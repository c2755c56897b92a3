import type pg from "pg";

/** Everything that `work` reads is of the same moment, while the ledger goes on. */
export async function inSnapshot<R>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<R>): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (thrown) {
    // The connection is closed, and the transaction ends with it.
    broken = thrown instanceof Error ? thrown : new Error("a snapshot failed", { cause: thrown });
    throw thrown;
  } finally {
    client.release(broken);
  }
}
