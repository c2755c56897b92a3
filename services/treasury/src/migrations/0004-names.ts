import { type Kysely, sql } from "kysely";

/**
 * A deposit is credited to the name that its memo or reference key gives only if somebody is known by it. That is
 * decided before the ledger hears of the deposit, and the decision kept: the ledger must be told the same after a
 * crash. What was recorded before keeps its account: the ledger may know it already.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE movements
      -- The one account that memo or reference key name, whoever is credited in the end; empty: none, or two.
      ADD COLUMN named text NOT NULL DEFAULT '',
      ADD COLUMN is_decided boolean NOT NULL DEFAULT true,
      ADD CONSTRAINT movements_decided_first CHECK (is_decided OR state = 'seen')`.execute(db);
  await sql`DROP TRIGGER movements_guard ON movements`.execute(db);
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
