import { type Kysely, sql } from "kysely";

/**
 * Wallets that sign in. A challenge is kept as the hash of the text to be signed and taken out by the sign-in that it
 * is used for; a session is kept as the hash of its token. Both are deleted when they are over. An account's tier
 * follows its stake from now on, and is not stored here any more.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE challenges (
      hash       bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
      address    text COLLATE "C" NOT NULL CHECK (char_length(address) BETWEEN 32 AND 44),
      expires_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX challenges_by_expiry ON challenges (expires_at)`.execute(db);
  await sql`
    CREATE TABLE sessions (
      id         uuid PRIMARY KEY,
      account_id text COLLATE "C" NOT NULL REFERENCES accounts,
      hash       bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX sessions_of_account ON sessions (account_id, created_at)`.execute(db);
  await sql`CREATE INDEX sessions_by_expiry ON sessions (expires_at)`.execute(db);
  await sql`ALTER TABLE accounts DROP COLUMN tier`.execute(db);
}
