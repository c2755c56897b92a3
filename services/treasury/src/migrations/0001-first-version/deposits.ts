import { type Kysely, sql } from "kysely";

/**
 * Every finalized transaction that touched the treasury's token account, once per signature: their changes add up to
 * what the account holds, which is how a transaction that no listing showed is noticed.
 *
 * A deposit is credited to the name that its memo or reference key gives only if somebody is known by it. That is
 * decided before the ledger hears of the deposit, and the decision kept: the ledger must be told the same after a
 * crash.
 */
export async function createDeposits(db: Kysely<unknown>): Promise<void> {
  await createMovements(db);
  await createHoldings(db);
  await createReferences(db);
  await createAssignments(db);
}

async function createMovements(db: Kysely<unknown>): Promise<void> {
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
      -- The one account that memo or reference key name, whoever is credited in the end; empty: none, or two.
      named        text NOT NULL DEFAULT '',
      is_decided   boolean NOT NULL DEFAULT true,
      CHECK (kind NOT IN ('deposit', 'custody') OR delta_micro > 0),
      CHECK (kind <> 'none' OR delta_micro = 0),
      CHECK ((state = 'noted') = (kind IN ('payouts', 'none', 'foreign'))),
      CONSTRAINT movements_decided_first CHECK (is_decided OR state = 'seen')
    ) WITH (fillfactor = 70)`.execute(db);
  await sql`CREATE INDEX movements_seen ON movements (seq) WHERE state = 'seen'`.execute(db);
  await sql`CREATE INDEX movements_suspended ON movements (seq) WHERE state = 'suspended'`.execute(db);
  await sql`CREATE INDEX movements_of_account ON movements (account_id, seq) WHERE account_id <> ''`.execute(
    db,
  );
  await sql`CREATE INDEX movements_of_sender ON movements (sender, seq) WHERE state = 'suspended'`.execute(
    db,
  );
  await sql`CREATE INDEX movements_by_slot ON movements (slot)`.execute(db);
  await sql`
    CREATE TRIGGER movements_guard BEFORE UPDATE ON movements
      FOR EACH ROW EXECUTE FUNCTION guard_change('movement', 'account_id', 'reason', 'is_decided')`.execute(
    db,
  );
  await sql`
    CREATE FUNCTION refuse_decision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'movement % is decided, once and for ever', OLD.signature USING ERRCODE = 'FT001';
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER movements_decide_once BEFORE UPDATE ON movements
      FOR EACH ROW WHEN (OLD.is_decided AND (NOT NEW.is_decided OR OLD.reason <> NEW.reason))
      EXECUTE FUNCTION refuse_decision()`.execute(db);
  await sql`
    CREATE TRIGGER movements_keep BEFORE DELETE OR TRUNCATE ON movements
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}

/** The sum of all changes, so that nobody has to read every transaction ever made to know it. */
async function createHoldings(db: Kysely<unknown>): Promise<void> {
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
}

async function createReferences(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE deposit_references (
      reference  text COLLATE "C" PRIMARY KEY,
      account_id text NOT NULL UNIQUE CHECK (account_id ~ '^[A-Za-z0-9_-]{1,128}$')
    )`.execute(db);
  // By the ends that isSlipOf (packages/keys) compares: whether a name looks like one that is known.
  await sql`
    CREATE INDEX deposit_references_head ON deposit_references (lower(left(account_id, 12) COLLATE "C"))`.execute(
    db,
  );
  await sql`
    CREATE INDEX deposit_references_tail ON deposit_references (lower(right(account_id, 12) COLLATE "C"))`.execute(
    db,
  );
}

/**
 * What operators decided about deposits in suspense: to whom, who decided it, why and when. Written down before the
 * ledger is told, so that no deposit ever moves by an operator's word without that word on record. An assignment took
 * effect if the movement is claimed for its account; one that did not (a claim of the sender was faster, or it was
 * given up) stays as well.
 */
async function createAssignments(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE assignments (
      signature   text COLLATE "C" NOT NULL REFERENCES movements,
      account_id  text COLLATE "C" NOT NULL CHECK (account_id ~ '^[A-Za-z0-9_-]{1,128}$'),
      assigned_by text NOT NULL CHECK (length(assigned_by) BETWEEN 1 AND 500),
      reason      text NOT NULL CHECK (length(reason) BETWEEN 1 AND 500),
      assigned_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (signature, account_id)
    )`.execute(db);
  await sql`
    CREATE TRIGGER assignments_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON assignments
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}
