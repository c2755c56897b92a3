import { type Kysely, sql } from "kysely";

/**
 * The chain transactions that carry payouts, and those that anchor epochs. "Paid exactly once" rests on three rules
 * that the database itself keeps:
 * - batches change state only along their table (domain/batch.ts), and what they say never changes;
 * - no payout is in two live batches (partial unique index over batch_payouts);
 * - a batch is stored with the very bytes that will be sent.
 */
export async function createBatches(db: Kysely<unknown>): Promise<void> {
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
