import { type Kysely, sql } from "kysely";

/**
 * What operators decided about deposits in suspense: to whom, who decided it, why and when. Written down before the
 * ledger is told, so that no deposit ever moves by an operator's word without that word on record. An assignment took
 * effect if the movement is claimed for its account; one that did not (a claim of the sender was faster, or it was
 * given up) stays as well.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
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
  await sql`CREATE INDEX movements_suspended ON movements (seq) WHERE state = 'suspended'`.execute(db);
}
