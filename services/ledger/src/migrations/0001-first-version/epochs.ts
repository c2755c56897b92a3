import { type Kysely, sql } from "kysely";

/**
 * Epochs: spans of time that jobs are settled in, paid for and accounted for together.
 *
 *   open ──ends_at──► ended ──closes_at──► closing ──all is paid──► closed ──on chain──► anchored
 *
 * Epochs follow each other without a gap. A row fixes the bounds of its epoch and the parameters it is paid by when it
 * opens, so that a change of a parameter applies from the next epoch on. Each commit belongs to the epoch that is open
 * when it is made: it takes the *epoch lock* shared before any other lock, and whoever turns an epoch over, or begins
 * to close one, takes it alone. So an epoch that has ended has all its commits, and what is read about one that is
 * closing never changes.
 *
 * An epoch is as long as the parameter says. When no ledger ran at its end, the one after it lasts until the
 * next full multiple of that length: there are no epochs in which nothing could happen.
 *
 * Refusals: FL004 the open epoch is over (turn it over, then commit again) · FL000 a fixed column of an epoch changed.
 */
export async function createEpochs(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TYPE epoch_state AS ENUM ('open', 'ended', 'closing', 'closed', 'anchored')`.execute(db);
  await sql`
    CREATE TABLE epochs (
      number               bigint PRIMARY KEY CHECK (number >= 0),
      state                epoch_state NOT NULL DEFAULT 'open',
      starts_at            timestamptz NOT NULL,
      ends_at              timestamptz NOT NULL CHECK (ends_at > starts_at),
      -- Until then its jobs can be challenged.
      closes_at            timestamptz NOT NULL CHECK (closes_at >= ends_at),
      -- The parameters document (JSON) that it is paid by.
      parameters           text NOT NULL,
      -- What pool:rewards held when it began to close: no more can be emitted.
      rewards_pool_micro   bigint CHECK (rewards_pool_micro >= 0),
      statement_root       bytea CHECK (octet_length(statement_root) = 32),
      statement_lines      bigint CHECK (statement_lines > 0),
      anchor_signature     text,
      is_announced         boolean NOT NULL DEFAULT false,
      CONSTRAINT epochs_states CHECK (
        (state >= 'closing') = (rewards_pool_micro IS NOT NULL)
        AND (state >= 'closed') = (statement_root IS NOT NULL AND statement_lines IS NOT NULL)
        AND (state = 'anchored') = (anchor_signature IS NOT NULL)
        AND (state >= 'closed' OR NOT is_announced))
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX epochs_open ON epochs ((true)) WHERE state = 'open'`.execute(db);
  await sql`CREATE INDEX epochs_unfinished ON epochs (number) WHERE state IN ('ended', 'closing')`.execute(
    db,
  );
  await sql`CREATE INDEX epochs_unanchored ON epochs (number) WHERE state = 'closed'`.execute(db);
  await createGuard(db);
  await createTurn(db);
}

async function createGuard(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION guard_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.state < OLD.state
         OR (NEW.number, NEW.starts_at, NEW.ends_at, NEW.closes_at, NEW.parameters)
            IS DISTINCT FROM (OLD.number, OLD.starts_at, OLD.ends_at, OLD.closes_at, OLD.parameters)
         OR (OLD.state >= 'closing' AND NEW.rewards_pool_micro <> OLD.rewards_pool_micro)
         OR (OLD.state >= 'closed' AND (NEW.statement_root, NEW.statement_lines)
            IS DISTINCT FROM (OLD.statement_root, OLD.statement_lines))
         OR (OLD.state = 'anchored' AND NEW.anchor_signature <> OLD.anchor_signature) THEN
        RAISE EXCEPTION 'epoch % is fixed', OLD.number USING ERRCODE = 'FL000';
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER epochs_guard BEFORE UPDATE ON epochs
      FOR EACH ROW EXECUTE FUNCTION guard_epoch()`.execute(db);
  await sql`
    CREATE TRIGGER epochs_keep BEFORE DELETE OR TRUNCATE ON epochs
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}

async function createTurn(db: Kysely<unknown>): Promise<void> {
  // The number says "epoch" and is used for nothing else.
  await sql`CREATE FUNCTION epoch_lock() RETURNS bigint IMMUTABLE LANGUAGE sql AS 'SELECT 7306924851937::bigint'`.execute(
    db,
  );
  await sql`
    CREATE FUNCTION turn_epoch(new_parameters text, epoch_seconds bigint, challenge_seconds bigint) RETURNS boolean
      LANGUAGE plpgsql AS $$
    DECLARE
      last   epochs%ROWTYPE;
      starts timestamptz;
      length interval := epoch_seconds * interval '1 second';
    BEGIN
      PERFORM pg_advisory_xact_lock(epoch_lock());
      SELECT * INTO last FROM epochs ORDER BY number DESC LIMIT 1;
      IF last.ends_at > clock_timestamp() THEN
        RETURN false;
      END IF;
      UPDATE epochs SET state = 'ended' WHERE number = last.number;
      starts := coalesce(last.ends_at, date_trunc('milliseconds', clock_timestamp()));
      INSERT INTO epochs (number, starts_at, ends_at, closes_at, parameters)
        SELECT coalesce(last.number + 1, 0), starts, e.ends, e.ends + challenge_seconds * interval '1 second', new_parameters
          FROM (SELECT starts + length * (floor(extract(epoch FROM clock_timestamp() - starts) / epoch_seconds) + 1)) e (ends);
      RETURN true;
    END $$`.execute(db);
}
