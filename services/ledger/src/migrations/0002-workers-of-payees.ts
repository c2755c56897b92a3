import { type Kysely, sql } from "kysely";

/**
 * Which worker did a job, where another account was paid for it: several may work for one. Null: the worker is the
 * owner of the account itself, or the job was settled before this was kept.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE settlements ADD COLUMN worker_id text COLLATE "C"`.execute(db);
}
