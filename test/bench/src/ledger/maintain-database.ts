import { openReportDatabase } from "@flock/ledger/internal";
import { createLogger } from "@flock/observability";

/** As many as the database that the launcher starts keeps for the next time (`min_wal_size`). */
const LOG_SEGMENTS = 16n;

/**
 * Brings the database to the state that a ledger lives with, as it does on its own within minutes: with statistics to
 * plan by, and with segments of its log that were used before and need not be made (80 ms each, in which nothing is
 * committed). Benches do this between rounds.
 */
export async function maintainDatabase(url: string): Promise<void> {
  const db = openReportDatabase(
    { url, logger: createLogger("maintain-database", "silent") },
    "maintain-database",
  );
  try {
    await db.pool.query("ANALYZE");
    const { rows } = await db.pool.query<{ segments: bigint }>(
      "SELECT count(*) AS segments FROM pg_ls_waldir()",
    );
    for (let segments = rows[0]?.segments ?? 0n; segments < LOG_SEGMENTS; segments++) {
      await db.pool.query("SELECT pg_logical_emit_message(false, 'maintain-database', '')");
      await db.pool.query("SELECT pg_switch_wal()");
    }
    await db.pool.query("CHECKPOINT");
  } finally {
    await db.close();
  }
}
