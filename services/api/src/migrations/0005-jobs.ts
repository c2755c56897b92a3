import { type Kysely, sql } from "kysely";

/**
 * The stories of jobs, kept for a day after their end: ids, names and numbers, nothing of what was asked or answered.
 * There are no references: very many rows come and go, and a key is never deleted. `lost_at` is when a job that is
 * still said to run has none who runs it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE jobs (
      id                      uuid PRIMARY KEY,
      account_id              text COLLATE "C" NOT NULL,
      key_id                  uuid NOT NULL,
      model                   text COLLATE "C" NOT NULL,
      trace_id                text COLLATE "C" NOT NULL,
      state                   text COLLATE "C" NOT NULL
        CHECK (state IN ('running', 'completed', 'failed', 'cancelled')),
      created_at              timestamptz NOT NULL,
      finished_at             timestamptz CHECK ((finished_at IS NULL) = (state = 'running')),
      lost_at                 timestamptz NOT NULL,
      workers                 text[] NOT NULL,
      privacy                 text COLLATE "C",
      queue_ms                float8 NOT NULL,
      claim_ms                float8 NOT NULL,
      prefill_ms              float8 NOT NULL,
      decode_ms               float8 NOT NULL,
      total_ms                float8 NOT NULL,
      prompt_tokens           bigint NOT NULL CHECK (prompt_tokens >= 0),
      completion_tokens       bigint NOT NULL CHECK (completion_tokens >= 0),
      completion_tokens_bound text COLLATE "C" NOT NULL
        CHECK (completion_tokens_bound IN ('exact', 'lower', 'upper')),
      charge_micro            bigint NOT NULL CHECK (charge_micro >= 0),
      done_reason             text NOT NULL CHECK (char_length(done_reason) <= 64),
      error_code              text COLLATE "C",
      receipt                 bytea CHECK (octet_length(receipt) <= 8192)
    )`.execute(db);
  await sql`CREATE INDEX jobs_of_account ON jobs (account_id, created_at DESC, id DESC)`.execute(db);
  await sql`CREATE INDEX jobs_by_age ON jobs (created_at)`.execute(db);
}
