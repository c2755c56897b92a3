import type pg from "pg";

/**
 * Everything that `work` reads is of the same moment, while the ledger goes on; what it writes is kept if it succeeds.
 */
export async function inSnapshot<R>(
  pool: pg.Pool,
  access: "read only" | "read write",
  work: (client: pg.PoolClient) => Promise<R>,
): Promise<R> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(`BEGIN ISOLATION LEVEL REPEATABLE READ ${access}`);
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
