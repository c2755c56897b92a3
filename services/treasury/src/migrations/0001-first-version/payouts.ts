import { type Kysely, sql } from "kysely";

/**
 * Payouts, from the request to the posting. They change state only along their table (domain/payout.ts), and what they
 * say never changes. Nothing is ever deleted.
 */
export async function createPayouts(db: Kysely<unknown>): Promise<void> {
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
