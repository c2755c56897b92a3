import { type Kysely, sql } from "kysely";

/**
 * By what its owner tells a key from others, and whether anybody uses it. Of keys that there are, the beginning is not
 * known: only their hashes are kept.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE keys
      ADD COLUMN prefix       text COLLATE "C" CHECK (prefix ~ '^flk_[1-9A-HJ-NP-Za-km-z]{4}$'),
      ADD COLUMN last_used_at timestamptz`.execute(db);
}
