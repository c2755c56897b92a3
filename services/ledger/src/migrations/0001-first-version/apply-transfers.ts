import { type Kysely, sql } from "kysely";

/**
 * The functions that keep the balances true.
 *
 * Writing means: insert one row into `commits` and its transfers in one statement. The trigger on `transfers` then
 * locks the kept accounts in id order, opens and releases holds and updates balances, set-wise; any broken rule fails
 * the whole statement. A hold is posted with at most what was held, and is posted, or settled for nothing, only before
 * its timeout by the database's clock.
 * Refusals of its own:
 *   FL001 the hold is not open (or expired, or smaller) · FL002 a folded account would go negative
 *   · FL003 the transfers are not exactly those of one commit · 23503 no such account
 *   · 23514 a wallet would go negative.
 */
export async function createBalanceFunctions(db: Kysely<unknown>): Promise<void> {
  await createApply(db);
  await sql`
    CREATE TRIGGER transfers_apply AFTER INSERT ON transfers
      REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION apply_transfers()`.execute(db);
  await createFold(db);
}

async function createApply(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION apply_transfers() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
      written   record;
      fees_id   bigint := (SELECT id FROM accounts WHERE code = 'pool:fees');
      touched   bigint[] := ARRAY(
        SELECT debit_id FROM inserted UNION SELECT credit_id FROM inserted
         UNION SELECT fees_id WHERE EXISTS (SELECT FROM inserted WHERE fee IS NOT NULL));
      -- (Few accounts are folded: all of them are read sooner than those touched are looked up.)
      folded    bigint[] := ARRAY(
        SELECT id FROM (SELECT id FROM accounts WHERE is_folded OFFSET 0) f WHERE id = ANY(touched));
      guarded   bigint[] := ARRAY(
        SELECT DISTINCT t.debit_id FROM inserted t JOIN accounts a ON a.id = t.debit_id AND NOT a.may_be_negative
         WHERE t.debit_id = ANY(folded) AND t.phase IN ('single', 'post'));
      locked    bigint;
      released  tid[];
      overdrawn text;
    BEGIN
      -- Without gaps: a row is followed by the one with the next number, or the one after that if it has a fee.
      SELECT min(seq) AS low, count(*) + count(fee) AS transfers, bool_and(is_followed) AS is_gapless,
             min(created_at) AS earliest, max(created_at) AS latest, count(pending_id) AS releasing,
             bool_or(phase = 'pending') AS has_pending, sum(fee)::bigint AS fees
        INTO written
        FROM (SELECT *, coalesce(lead(seq) OVER (ORDER BY seq) = seq + 1 + (fee IS NOT NULL)::int, true) AS is_followed
                FROM inserted) i;
      IF NOT written.is_gapless OR NOT EXISTS (
        SELECT FROM commits
         WHERE first_seq = written.low AND transfer_count = written.transfers AND NOT is_folded AND NOT is_chained
           AND committed_at = written.earliest AND committed_at = written.latest
      ) THEN
        RAISE EXCEPTION 'transfers must be exactly those of one commit' USING ERRCODE = 'FL003';
      END IF;

      -- Every writer locks in id order, so writers never deadlock. Folded accounts are locked only to be debited
      -- when they must not go negative; credits to them need no lock, since they cannot break that.
      -- (Ids in arrays, not a join: a row that had to be waited for is checked again, and a join would be made anew for each.)
      SELECT count(*) INTO locked FROM (
        SELECT FROM accounts WHERE id = ANY(touched) AND (NOT is_folded OR id = ANY(guarded))
         ORDER BY id FOR NO KEY UPDATE) a;
      IF locked + cardinality(folded) - cardinality(guarded) <> cardinality(touched) THEN
        RAISE EXCEPTION 'a transfer names an account that does not exist' USING ERRCODE = '23503';
      END IF;

      IF written.has_pending THEN
        INSERT INTO open_holds (id, debit_id, credit_id, amount, timeout_at)
          SELECT id, debit_id, credit_id, amount, timeout_at FROM inserted WHERE phase = 'pending';
      END IF;

      -- Plans must be right whatever the statistics say of tables that grow and empty within seconds. So each hold is
      -- found by its own index lookup (OFFSET 0 keeps the planner from turning the join around), and so is each account to update.
      -- A hold stays where it is found: whoever resolves it has its account locked.
      IF written.releasing > 0 THEN
        SELECT array_agg(h.place) INTO released
          FROM inserted t
         CROSS JOIN LATERAL (SELECT ctid AS place, * FROM open_holds h WHERE h.id = t.pending_id OFFSET 0) h
         WHERE h.debit_id = t.debit_id AND t.amount + coalesce(t.fee, 0) <= h.amount
           -- (A void with a request's hash settles a job that cost nothing.)
           AND CASE WHEN t.phase = 'expire' THEN h.timeout_at <= now()
                    WHEN t.phase = 'post' OR t.request_hash IS NOT NULL THEN h.timeout_at IS NULL OR h.timeout_at > now()
                    ELSE true END;
        IF coalesce(cardinality(released), 0) < written.releasing THEN
          RAISE EXCEPTION '% holds are not open', written.releasing - coalesce(cardinality(released), 0)
            USING ERRCODE = 'FL001';
        END IF;
      END IF;
      WITH released_holds AS (
        DELETE FROM open_holds WHERE ctid = ANY(released) RETURNING debit_id, credit_id, amount
      ), moves (account_id, posted_debit, posted_credit, pending_debit, pending_credit) AS (
        SELECT debit_id, amount + coalesce(fee, 0), 0, 0, 0 FROM inserted WHERE phase IN ('single', 'post')
        UNION ALL SELECT credit_id, 0, amount, 0, 0 FROM inserted WHERE phase IN ('single', 'post')
        UNION ALL SELECT fees_id, 0, written.fees, 0, 0 WHERE written.fees IS NOT NULL
        UNION ALL SELECT debit_id, 0, 0, amount, 0 FROM inserted WHERE written.has_pending AND phase = 'pending'
        UNION ALL SELECT credit_id, 0, 0, 0, amount FROM inserted WHERE written.has_pending AND phase = 'pending'
        UNION ALL SELECT debit_id, 0, 0, -amount, 0 FROM released_holds
        UNION ALL SELECT credit_id, 0, 0, 0, -amount FROM released_holds
      ), changes AS MATERIALIZED (
        SELECT account_id, sum(posted_debit)::bigint AS posted_debit, sum(posted_credit)::bigint AS posted_credit,
               sum(pending_debit)::bigint AS pending_debit, sum(pending_credit)::bigint AS pending_credit
          FROM moves GROUP BY account_id
      ), noted AS (
        INSERT INTO unfolded_changes (first_seq, account_id, posted_debit, posted_credit)
          SELECT written.low, account_id, posted_debit, posted_credit FROM changes
           WHERE account_id = ANY(folded) AND (posted_debit > 0 OR posted_credit > 0)
      )
      UPDATE accounts a SET
          posted_debit = a.posted_debit + c.posted_debit, posted_credit = a.posted_credit + c.posted_credit,
          pending_debit = a.pending_debit + c.pending_debit, pending_credit = a.pending_credit + c.pending_credit
        FROM changes c CROSS JOIN LATERAL (
          SELECT ctid AS place FROM accounts k WHERE k.id = c.account_id AND NOT k.is_folded OFFSET 0) k
       WHERE a.ctid = k.place;

      IF cardinality(guarded) > 0 THEN
        SELECT code INTO overdrawn FROM balances WHERE id = ANY(guarded) AND posted_credit < posted_debit LIMIT 1;
        IF overdrawn IS NOT NULL THEN
          RAISE EXCEPTION '% would go below zero', overdrawn USING ERRCODE = 'FL002';
        END IF;
      END IF;
      RETURN NULL;
    END $$`.execute(db);
}

/** Setting `is_folded` on commits is what folds their changes into the checkpoints of the folded accounts. */
async function createFold(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION fold_commits() RETURNS trigger
      LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM old_commits o JOIN new_commits n USING (first_seq)
         WHERE (o.is_folded AND NOT n.is_folded) OR o.transfer_count <> n.transfer_count
      ) OR (SELECT count(*) FROM old_commits) <> (SELECT count(*) FROM old_commits JOIN new_commits USING (first_seq)) THEN
        RAISE EXCEPTION 'commits are never rewritten' USING ERRCODE = 'FL000';
      END IF;
      IF NOT EXISTS (
        SELECT FROM old_commits o JOIN new_commits n USING (first_seq) WHERE n.is_folded AND NOT o.is_folded
      ) THEN
        RETURN NULL;
      END IF;
      PERFORM FROM accounts WHERE is_folded ORDER BY id FOR NO KEY UPDATE;
      WITH changes AS (
        DELETE FROM unfolded_changes
         WHERE first_seq = ANY(ARRAY(
           SELECT o.first_seq FROM old_commits o
             JOIN new_commits n ON n.first_seq = o.first_seq AND n.is_folded AND NOT o.is_folded))
         RETURNING account_id, posted_debit, posted_credit
      )
      UPDATE accounts a SET posted_debit = a.posted_debit + c.debit, posted_credit = a.posted_credit + c.credit
        FROM (SELECT account_id, sum(posted_debit)::bigint AS debit, sum(posted_credit)::bigint AS credit
                FROM changes GROUP BY account_id) c
       WHERE a.id = c.account_id;
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER commits_fold AFTER UPDATE ON commits
      REFERENCING OLD TABLE AS old_commits NEW TABLE AS new_commits
      FOR EACH STATEMENT EXECUTE FUNCTION fold_commits()`.execute(db);
}
