import type { Database } from "@flock/database";
import { sql } from "kysely";
import type { LedgerSchema } from "./schema.js";

const HOLD_ID_PREFIX = "hold:";

/** Jobs whose holds are past their time by the database's clock, longest overdue first. */
export async function readOverdueJobs(db: Database<LedgerSchema>, limit: number): Promise<string[]> {
  const rows = await db.kysely
    .selectFrom("open_holds")
    .select("id")
    .where("timeout_at", "<=", sql<Date>`now()`)
    .orderBy("timeout_at")
    .limit(limit)
    .execute();
  return rows.map((row) => row.id.slice(HOLD_ID_PREFIX.length));
}
