import { type Kysely, sql } from "kysely";

/** Keys that draws are made with, and what was counted on each UTC day. */
export async function createDays(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE day_keys (
      day        date PRIMARY KEY,
      key        bytea NOT NULL CHECK (length(key) = 32),
      key_sha256 bytea NOT NULL CHECK (length(key_sha256) = 32),
      created_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`
    CREATE TABLE day_counts (
      day          date PRIMARY KEY,
      jobs_seen    bigint NOT NULL DEFAULT 0,
      jobs_drawn   bigint NOT NULL DEFAULT 0,
      same         bigint NOT NULL DEFAULT 0,
      different    bigint NOT NULL DEFAULT 0,
      undetermined bigint NOT NULL DEFAULT 0,
      job_tokens   bigint NOT NULL DEFAULT 0,
      check_tokens bigint NOT NULL DEFAULT 0
    )`.execute(db);
}
