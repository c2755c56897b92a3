import { type Kysely, sql } from "kysely";

/**
 * API accounts and their keys. A key itself is never stored, only its SHA-256: it is 32 random bytes, so a fast hash
 * is enough and the lookup is one index probe. Keys are never deleted: a revoked one stays as a record.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE accounts (
      id         text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
      tier       smallint NOT NULL DEFAULT 0 CHECK (tier >= 0),
      created_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
  await sql`
    CREATE TABLE keys (
      id         uuid PRIMARY KEY,
      account_id text COLLATE "C" NOT NULL REFERENCES accounts,
      hash       bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
      label      text NOT NULL CHECK (char_length(label) <= 100),
      created_at timestamptz NOT NULL DEFAULT now(),
      revoked_at timestamptz
    )`.execute(db);
  await sql`CREATE INDEX keys_of_account ON keys (account_id, created_at)`.execute(db);
}
