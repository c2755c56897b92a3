import { type Kysely, sql } from "kysely";

/**
 * Every finalized transaction that touched the treasury's token account, once per signature: their changes add up to
 * what the account holds, which is how a transaction that no listing showed is noticed.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE movements (
      seq          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      signature    text COLLATE "C" PRIMARY KEY,
      slot         bigint NOT NULL,
      -- Change of the token account's balance.
      delta_micro  bigint NOT NULL,
      kind         text NOT NULL CHECK (kind IN ('deposit', 'custody', 'payouts', 'none', 'foreign')),
      -- 'noted' asks nothing of the ledger.
      state        text NOT NULL CHECK (state IN ('seen', 'credited', 'suspended', 'claimed', 'noted')),
      -- Whose wallet it is credited to; empty: suspense.
      account_id   text NOT NULL DEFAULT '',
      sender       text NOT NULL DEFAULT '',
      reason       text NOT NULL DEFAULT '',
      seen_at      timestamptz NOT NULL DEFAULT now(),
      updated_at   timestamptz NOT NULL DEFAULT now(),
      CHECK (kind NOT IN ('deposit', 'custody') OR delta_micro > 0),
      CHECK (kind <> 'none' OR delta_micro = 0),
      CHECK ((state = 'noted') = (kind IN ('payouts', 'none', 'foreign')))
    ) WITH (fillfactor = 70)`.execute(db);
  await sql`
    INSERT INTO transitions (subject, from_state, to_state) VALUES
      ('movement', 'seen', 'credited'), ('movement', 'seen', 'suspended'), ('movement', 'suspended', 'claimed')`.execute(
    db,
  );
  await sql`CREATE INDEX movements_seen ON movements (seq) WHERE state = 'seen'`.execute(db);
  await sql`CREATE INDEX movements_of_account ON movements (account_id, seq) WHERE account_id <> ''`.execute(
    db,
  );
  await sql`CREATE INDEX movements_of_sender ON movements (sender, seq) WHERE state = 'suspended'`.execute(
    db,
  );
  await sql`CREATE INDEX movements_by_slot ON movements (slot)`.execute(db);
  await sql`
    CREATE TRIGGER movements_guard BEFORE UPDATE ON movements
      FOR EACH ROW EXECUTE FUNCTION guard_change('movement', 'account_id')`.execute(db);
  await sql`
    CREATE TRIGGER movements_keep BEFORE DELETE OR TRUNCATE ON movements
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
  // The sum of all changes, so that nobody has to read every transaction ever made to know it.
  await sql`
    CREATE TABLE holdings (
      is_the_one boolean PRIMARY KEY DEFAULT true CHECK (is_the_one),
      sum_micro  bigint NOT NULL
    )`.execute(db);
  await sql`INSERT INTO holdings (sum_micro) VALUES (0)`.execute(db);
  await sql`
    CREATE FUNCTION add_movement() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE holdings SET sum_micro = sum_micro + NEW.delta_micro;
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER movements_add AFTER INSERT ON movements
      FOR EACH ROW EXECUTE FUNCTION add_movement()`.execute(db);
  await sql`
    CREATE TABLE deposit_references (
      reference  text COLLATE "C" PRIMARY KEY,
      account_id text NOT NULL UNIQUE CHECK (account_id ~ '^[A-Za-z0-9_-]{1,128}$')
    )`.execute(db);
}
