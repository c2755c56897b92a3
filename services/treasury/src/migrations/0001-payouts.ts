import { type Kysely, sql } from "kysely";

/**
 * Payouts, the chain transactions that carry them, and what stops them.
 *
 * The database itself keeps the rules on which "paid exactly once" rests:
 * - payouts and batches change state only along their tables (domain/payout.ts, domain/batch.ts),
 *   and what they say never changes;
 * - no payout is in two live batches (partial unique index over batch_payouts);
 * - a batch is stored with the very bytes that will be sent.
 * Nothing is ever deleted.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTransitions(db);
  await createPayouts(db);
  await createBatches(db);
  await createStops(db);
}

async function createTransitions(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE transitions (
      subject text NOT NULL, from_state text NOT NULL, to_state text NOT NULL,
      PRIMARY KEY (subject, from_state, to_state))`.execute(db);
  await sql`
    INSERT INTO transitions (subject, from_state, to_state) VALUES
      ('payout', 'requested', 'reserved'), ('payout', 'requested', 'refused'),
      ('payout', 'reserved', 'batched'), ('payout', 'reserved', 'rejected'),
      ('payout', 'batched', 'paid'), ('payout', 'batched', 'reserved'),
      ('payout', 'paid', 'posted'), ('payout', 'rejected', 'voided'),
      ('batch', 'signed', 'sent'), ('batch', 'signed', 'finalized'), ('batch', 'signed', 'failed'),
      ('batch', 'signed', 'expired'), ('batch', 'sent', 'finalized'), ('batch', 'sent', 'failed'),
      ('batch', 'sent', 'expired')`.execute(db);
  // TG_ARGV: subject, then the columns that may change.
  await sql`
    CREATE FUNCTION guard_change() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE may_change text[] := TG_ARGV[1:] || ARRAY['state', 'updated_at'];
    BEGIN
      IF to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change THEN
        RAISE EXCEPTION 'a % says what it says', TG_ARGV[0] USING ERRCODE = 'FT001';
      END IF;
      IF OLD.state <> NEW.state AND NOT EXISTS (
        SELECT FROM transitions t
         WHERE t.subject = TG_ARGV[0] AND t.from_state = OLD.state AND t.to_state = NEW.state) THEN
        RAISE EXCEPTION 'a % does not become % after %', TG_ARGV[0], NEW.state, OLD.state USING ERRCODE = 'FT002';
      END IF;
      NEW.updated_at := now();
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'FT000';
    END $$`.execute(db);
}

async function createPayouts(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE payouts (
      seq               bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      id                text COLLATE "C" PRIMARY KEY
                          CHECK (id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'),
      origin            text NOT NULL CHECK (origin IN ('withdrawal', 'earnings')),
      ledger_account    text COLLATE "C" NOT NULL CHECK (ledger_account ~ '^(wallet|vested):[A-Za-z0-9_-]{1,128}$'),
      recipient         text COLLATE "C" NOT NULL,
      amount_micro      bigint NOT NULL CHECK (amount_micro > 0),
      -- What the wallet signed, for the record; null for earnings.
      request_text      text,
      request_signature bytea,
      state             text NOT NULL DEFAULT 'requested'
                          CHECK (state IN ('requested', 'refused', 'reserved', 'batched', 'paid', 'posted', 'rejected', 'voided')),
      reason            text NOT NULL DEFAULT '',
      cohort            text NOT NULL DEFAULT '',
      failures          integer NOT NULL DEFAULT 0,
      -- The day whose limit it was counted against when it was first signed; counted once, however often it is signed.
      signed_day        date,
      created_at        timestamptz NOT NULL DEFAULT now(),
      updated_at        timestamptz NOT NULL DEFAULT now(),
      CHECK ((origin = 'withdrawal') = (request_text IS NOT NULL AND request_signature IS NOT NULL))
    ) WITH (fillfactor = 70)`.execute(db);
  await sql`
    CREATE INDEX payouts_unfinished ON payouts (state, seq)
      WHERE state IN ('requested', 'reserved', 'batched', 'paid', 'rejected')`.execute(db);
  await sql`CREATE INDEX payouts_of_account ON payouts (ledger_account, seq)`.execute(db);
  await sql`
    CREATE TRIGGER payouts_guard BEFORE UPDATE ON payouts
      FOR EACH ROW EXECUTE FUNCTION guard_change('payout', 'reason', 'cohort', 'failures', 'signed_day')`.execute(
    db,
  );
  await sql`
    CREATE TRIGGER payouts_keep BEFORE DELETE OR TRUNCATE ON payouts
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TABLE day_totals (
      day            date PRIMARY KEY,
      reserved_micro bigint NOT NULL DEFAULT 0 CHECK (reserved_micro >= 0),
      signed_micro   bigint NOT NULL DEFAULT 0 CHECK (signed_micro >= 0)
    )`.execute(db);
  // One pass over the payable workers per closed epoch, resumable.
  await sql`
    CREATE TABLE earnings_rounds (
      epoch    bigint PRIMARY KEY,
      cursor   text NOT NULL DEFAULT '',
      is_done  boolean NOT NULL DEFAULT false,
      begun_at timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
}

async function createBatches(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE batches (
      id                      text COLLATE "C" PRIMARY KEY,
      purpose                 text NOT NULL CHECK (purpose IN ('payouts', 'anchor')),
      state                   text NOT NULL DEFAULT 'signed'
                                CHECK (state IN ('signed', 'sent', 'finalized', 'failed', 'expired')),
      signature               text COLLATE "C" NOT NULL UNIQUE,
      raw                     bytea NOT NULL CHECK (length(raw) <= 1232),
      blockhash               text NOT NULL,
      last_valid_block_height bigint NOT NULL,
      min_context_slot        bigint NOT NULL,
      memo                    text NOT NULL,
      -- Address in whose history it would be found: the token account for payouts, the wallet for anchors.
      history_address         text NOT NULL,
      total_micro             bigint NOT NULL CHECK (total_micro >= 0),
      epoch                   bigint,
      sends                   integer NOT NULL DEFAULT 0,
      last_sent_at            timestamptz,
      landed_slot             bigint,
      error                   text NOT NULL DEFAULT '',
      created_at              timestamptz NOT NULL DEFAULT now(),
      updated_at              timestamptz NOT NULL DEFAULT now(),
      CHECK ((purpose = 'anchor') = (epoch IS NOT NULL))
    ) WITH (fillfactor = 70)`.execute(db);
  await sql`CREATE INDEX batches_live ON batches (created_at) WHERE state IN ('signed', 'sent')`.execute(db);
  await sql`
    CREATE UNIQUE INDEX batches_one_live_anchor ON batches (epoch)
      WHERE purpose = 'anchor' AND state IN ('signed', 'sent', 'finalized')`.execute(db);
  await sql`
    CREATE TRIGGER batches_guard BEFORE UPDATE ON batches
      FOR EACH ROW EXECUTE FUNCTION guard_change('batch', 'sends', 'last_sent_at', 'landed_slot', 'error')`.execute(
    db,
  );
  await sql`
    CREATE TRIGGER batches_keep BEFORE DELETE OR TRUNCATE ON batches
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TABLE batch_payouts (
      batch_id  text COLLATE "C" NOT NULL REFERENCES batches,
      payout_id text COLLATE "C" NOT NULL REFERENCES payouts,
      position  integer NOT NULL,
      is_live   boolean NOT NULL DEFAULT true,
      PRIMARY KEY (batch_id, payout_id)
    )`.execute(db);
  await sql`
    CREATE UNIQUE INDEX batch_payouts_one_live ON batch_payouts (payout_id) WHERE is_live`.execute(db);
  await sql`CREATE INDEX batch_payouts_of_payout ON batch_payouts (payout_id)`.execute(db);
  await sql`
    CREATE FUNCTION end_batch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      UPDATE batch_payouts SET is_live = false WHERE batch_id = NEW.id;
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER batches_end AFTER UPDATE OF state ON batches
      FOR EACH ROW WHEN (NEW.state IN ('failed', 'expired')) EXECUTE FUNCTION end_batch()`.execute(db);
  // Nobody but that trigger frees a payout for another batch.
  await sql`
    CREATE TRIGGER batch_payouts_guard BEFORE UPDATE OR DELETE ON batch_payouts
      FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change()`.execute(db);
  await sql`
    CREATE TABLE anchors (
      epoch     bigint PRIMARY KEY,
      root      bytea NOT NULL CHECK (length(root) = 32),
      -- Null until the ledger knows of it.
      told_at   timestamptz,
      seen_at   timestamptz NOT NULL DEFAULT now()
    )`.execute(db);
}

async function createStops(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE stops (
      id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind      text NOT NULL CHECK (kind IN ('halt', 'pause')),
      -- Of the same reason there is one at a time.
      subject   text NOT NULL,
      reason    text NOT NULL,
      since     timestamptz NOT NULL DEFAULT now(),
      raised_by text NOT NULL,
      lifted_at timestamptz,
      lifted_by text,
      note      text
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX stops_in_force ON stops (kind, subject) WHERE lifted_at IS NULL`.execute(db);
}
