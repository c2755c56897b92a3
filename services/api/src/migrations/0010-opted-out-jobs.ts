import { type Kysely, sql } from "kysely";

/** Whether a client wanted that nobody checks its job. Of jobs that there are, none did: nobody could say so. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE jobs ADD COLUMN is_opted_out boolean NOT NULL DEFAULT false`.execute(db);
}
