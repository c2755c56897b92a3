import { type Kysely, sql } from "kysely";

/**
 * What all tables share: which states follow which, and that what a row says never changes but by those names that its
 * trigger lists. Refusals: FT000 a row was to be removed · FT001 what is fixed changed · FT002 no such step.
 */
export async function createGuards(db: Kysely<unknown>): Promise<void> {
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
      ('batch', 'sent', 'expired'),
      ('movement', 'seen', 'credited'), ('movement', 'seen', 'suspended'), ('movement', 'suspended', 'claimed')`.execute(
    db,
  );
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
