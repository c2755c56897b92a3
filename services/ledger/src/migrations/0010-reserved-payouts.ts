import { type Kysely, sql } from "kysely";

/**
 * What is reserved of an account for payouts can be looked up: the rest of what is pending there is held by running
 * jobs. Only holds of jobs have a timeout, so that making and ending them never touches this index.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE INDEX open_holds_reserved ON open_holds (debit_id) WHERE timeout_at IS NULL`.execute(db);
}
