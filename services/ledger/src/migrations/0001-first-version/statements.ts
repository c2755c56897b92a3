import { type Kysely, sql } from "kysely";

/**
 * How an epoch begins to close, and the statement of each closed one, as its canonical lines in portions: kept as they
 * were written, because the root that is on the chain was computed from them.
 */
export async function createStatements(db: Kysely<unknown>): Promise<void> {
  // Taking the epoch lock alone, it waits for clawbacks under way; later ones find the epoch closing.
  await sql`
    CREATE FUNCTION begin_closing(closing bigint) RETURNS SETOF epochs LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_xact_lock(epoch_lock());
      UPDATE epochs SET state = 'closing', rewards_pool_micro = (
          SELECT posted_credit - posted_debit FROM balances WHERE code = 'pool:rewards')
        WHERE number = closing AND state = 'ended' AND closes_at <= clock_timestamp();
      RETURN QUERY SELECT * FROM epochs WHERE number = closing AND state = 'closing';
    END $$`.execute(db);
  await sql`
    CREATE TABLE statement_portions (
      epoch   bigint NOT NULL REFERENCES epochs,
      portion integer NOT NULL CHECK (portion >= 0),
      -- Joined by newlines, without one at the end.
      lines   text NOT NULL,
      PRIMARY KEY (epoch, portion)
    )`.execute(db);
  await sql`REVOKE UPDATE, DELETE, TRUNCATE ON statement_portions FROM PUBLIC, CURRENT_USER`.execute(db);
  await sql`
    CREATE TRIGGER statement_portions_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON statement_portions
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()`.execute(db);
}
