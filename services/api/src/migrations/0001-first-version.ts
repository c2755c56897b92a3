import { type Kysely, sql } from "kysely";

/** Accounts and how they prove who they are: by an API key, or by a wallet that signs in. Of a secret only its hash. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createKeys(db);
  await createSignIn(db);
}

/**
 * API accounts and their keys. A key itself is never stored, only its SHA-256: it is 32 random bytes, so a fast hash
 * is enough and the lookup is one index probe. Keys are never deleted: a revoked one stays as a record. (An account's
 * tier follows its stake, and is not stored here.)
 */
async function createKeys(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE accounts (
      id         text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'),
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

/**
 * Wallets that sign in. A challenge is kept as the hash of the text to be signed and taken out by the sign-in that it
 * is used for; a session is kept as the hash of its token. Both are deleted when they are over.
 */
async function createSignIn(db: Kysely<unknown>): Promise<void> {
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
}
