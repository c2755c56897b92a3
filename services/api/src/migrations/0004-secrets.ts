import { type Kysely, sql } from "kysely";

/** Random bytes that all api processes share and that nobody else knows. The first process that needs one makes it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE secrets (
      name       text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z_]{1,64}$'),
      value      bytea NOT NULL CHECK (octet_length(value) = 32),
      created_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
}
