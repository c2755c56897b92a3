import { type Kysely, sql } from "kysely";

/**
 * What each settled job was charged, and why: one row per job, written in the same statement as its transfers. Epoch
 * statements are derived from it, so it keeps the counts, prices and share that the charge was computed with. Its epoch
 * and time are those of its commit.
 */
export async function createSettlements(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE settlements (
      job_id                 text COLLATE "C" PRIMARY KEY,
      epoch                  bigint NOT NULL,
      wallet_id              bigint NOT NULL,
      earnings_id            bigint NOT NULL,
      requester_id           text NOT NULL,
      model                  text NOT NULL,
      model_digest           text NOT NULL,
      prompt_tokens          bigint NOT NULL CHECK (prompt_tokens >= 0),
      completion_tokens      bigint NOT NULL CHECK (completion_tokens >= 0),
      prompt_price_micro     bigint NOT NULL CHECK (prompt_price_micro >= 0),
      completion_price_micro bigint NOT NULL CHECK (completion_price_micro >= 0),
      held_micro             bigint NOT NULL CHECK (held_micro > 0),
      charge_micro           bigint NOT NULL CHECK (charge_micro BETWEEN 0 AND held_micro),
      worker_share_micro     bigint NOT NULL CHECK (worker_share_micro >= 0),
      protocol_share_micro   bigint NOT NULL CHECK (protocol_share_micro >= 0),
      worker_share_bps       integer NOT NULL CHECK (worker_share_bps BETWEEN 0 AND 10000),
      -- SHA-256 of the worker's signed receipt; null if the event carried none.
      receipt_hash           bytea,
      finished_at            timestamptz NOT NULL,
      settled_at             timestamptz NOT NULL,
      CONSTRAINT settlements_shares CHECK (charge_micro = worker_share_micro + protocol_share_micro)
    )`.execute(db);
  // Rows arrive in the order of epochs: the smallest of indexes finds those of one.
  await sql`CREATE INDEX settlements_epoch ON settlements USING brin (epoch) WITH (pages_per_range = 16)`.execute(
    db,
  );
  await sql`CREATE INDEX settlements_earnings ON settlements (earnings_id, settled_at)`.execute(db);
  await sql`
    CREATE FUNCTION check_settlements() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM inserted) AND NOT EXISTS (
        SELECT FROM epochs e,
               (SELECT min(epoch) AS low, max(epoch) AS high, min(settled_at) AS earliest, max(settled_at) AS latest FROM inserted) s
         WHERE e.number = s.low AND e.number = s.high AND e.state = 'open'
           AND s.earliest >= e.starts_at AND s.latest < e.ends_at
      ) THEN
        RAISE EXCEPTION 'a settlement belongs to the epoch of its commit' USING ERRCODE = 'FL003';
      END IF;
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER settlements_check AFTER INSERT ON settlements
      REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION check_settlements()`.execute(db);
  await sql`REVOKE UPDATE, DELETE, TRUNCATE ON settlements FROM PUBLIC, CURRENT_USER`.execute(db);
  await sql`
    CREATE TRIGGER settlements_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON settlements
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}
