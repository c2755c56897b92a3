import { type Kysely, sql } from "kysely";

/** Keys for teams: what each may do, until when, and what it has used. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addRights(db);
  await createUsage(db);
}

/** Keys that there are go on as they were: all models, no end, inference and their account. */
async function addRights(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE keys
      ADD COLUMN expires_at timestamptz,
      ADD COLUMN scopes text[] NOT NULL DEFAULT '{inference,read_account}'
        CHECK (scopes <@ '{inference,read_account,manage_keys}' AND cardinality(scopes) BETWEEN 1 AND 3),
      ADD COLUMN models text[] CHECK (cardinality(models) BETWEEN 1 AND 100)`.execute(db);
}

/**
 * What each key used of each model on each day (UTC), added up from the completion events; and how far these are
 * counted. Both change in one transaction, so an event counts once however often it is read. The stream is named by
 * the time of its creation: a new one begins at 1 again. The reader is the process that counts at the moment.
 */
async function createUsage(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE usage_by_day (
      key_id            uuid NOT NULL REFERENCES keys,
      day               date NOT NULL,
      model             text COLLATE "C" NOT NULL,
      account_id        text COLLATE "C" NOT NULL REFERENCES accounts,
      requests          bigint NOT NULL CHECK (requests > 0),
      prompt_tokens     bigint NOT NULL CHECK (prompt_tokens >= 0),
      completion_tokens bigint NOT NULL CHECK (completion_tokens >= 0),
      charge_micro      bigint NOT NULL CHECK (charge_micro >= 0),
      PRIMARY KEY (key_id, day, model)
    )`.execute(db);
  await sql`CREATE INDEX usage_of_account ON usage_by_day (account_id, day)`.execute(db);
  await sql`
    CREATE TABLE usage_position (
      id           boolean PRIMARY KEY DEFAULT true CHECK (id),
      stream       text COLLATE "C" NOT NULL DEFAULT '',
      sequence     bigint NOT NULL DEFAULT 0 CHECK (sequence >= 0),
      reader       uuid,
      reader_until timestamptz NOT NULL DEFAULT '-infinity'
    )`.execute(db);
  await sql`INSERT INTO usage_position DEFAULT VALUES`.execute(db);
}
