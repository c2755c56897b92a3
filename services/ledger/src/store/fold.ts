import type { Database } from "@flock/database";
import { sql } from "kysely";
import type { LedgerSchema } from "./schema.js";

/**
 * Folds the oldest commits into the checkpoints of the protocol's accounts (the trigger on `commits` does the sums) and
 * returns how many. In their order: money that came in is folded before the money that was spent from it. Processes
 * that fold at the same time wait for each other and never fold a commit twice.
 */
export async function foldCommits(db: Database<LedgerSchema>, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE commits SET is_folded = true
     WHERE first_seq IN (SELECT first_seq FROM commits WHERE NOT is_folded ORDER BY first_seq LIMIT ${limit} FOR UPDATE)
       AND NOT is_folded`.execute(db.kysely);
  return Number(numAffectedRows ?? 0);
}
