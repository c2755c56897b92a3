import { type Kysely, sql } from "kysely";

/**
 * The functions that keep the balances true.
 *
 * Writing means: insert one row into `commits` and its transfers in one statement. The trigger on `transfers` then
 * locks the kept accounts in id order, opens and releases holds and updates balances, set-wise; any broken rule fails
 * the whole statement. A hold is posted with at most what was held, before its timeout by the database's clock.
 * Refusals of its own:
 *   FL001 the hold is not open (or expired, or smaller) · FL002 a folded account would go negative
 *   · FL003 the transfers are not exactly those of one commit · 23503 no such account
 *   · 23514 a wallet would go negative.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
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
      debited   bigint[] := ARRAY(SELECT DISTINCT debit_id FROM inserted WHERE phase IN ('single', 'post'));
      fees_id   bigint := (SELECT id FROM accounts WHERE code = 'pool:fees');
      touched   bigint[] := ARRAY(
        SELECT debit_id FROM inserted UNION SELECT credit_id FROM inserted
         UNION SELECT fees_id FROM inserted WHERE fee IS NOT NULL);
      folded    bigint[];
      existing  bigint;
      released_ids text[];
      released  bigint;
      not_open  bigint;
      overdrawn text;
    BEGIN
      -- Without gaps: a row is followed by the one with the next number, or the one after that if it has a fee.
      IF NOT EXISTS (
        SELECT FROM commits c, (SELECT min(seq) AS low, count(*) + count(fee) AS n, bool_and(is_followed) AS is_gapless,
                                min(created_at) AS earliest, max(created_at) AS latest
                                  FROM (SELECT seq, fee, created_at, coalesce(
                                          lead(seq) OVER (ORDER BY seq) = seq + 1 + (fee IS NOT NULL)::int, true) AS is_followed
                                          FROM inserted) i) s
         WHERE c.first_seq = s.low AND c.transfer_count = s.n AND s.is_gapless
           AND NOT c.is_folded AND NOT c.is_chained
           AND c.committed_at = s.earliest AND c.committed_at = s.latest
      ) THEN
        RAISE EXCEPTION 'transfers must be exactly those of one commit' USING ERRCODE = 'FL003';
      END IF;
      SELECT count(*), array_agg(id) FILTER (WHERE is_folded) INTO existing, folded FROM accounts WHERE id = ANY(touched);
      IF existing <> cardinality(touched) THEN
        RAISE EXCEPTION 'a transfer names an account that does not exist' USING ERRCODE = '23503';
      END IF;

      -- Every writer locks in id order, so writers never deadlock. Folded accounts are locked only to be debited
      -- when they must not go negative; credits to them need no lock, since they cannot break that.
      -- (Ids in arrays, not a join: a row that had to be waited for is checked again, and a join would be made anew for each.)
      PERFORM FROM accounts
        WHERE id = ANY(touched) AND (NOT is_folded OR (NOT may_be_negative AND id = ANY(debited)))
        ORDER BY id FOR NO KEY UPDATE;

      INSERT INTO open_holds (id, debit_id, credit_id, amount, timeout_at)
        SELECT id, debit_id, credit_id, amount, timeout_at FROM inserted WHERE phase = 'pending';

      -- Plans must be right whatever the statistics say of tables that grow and empty within seconds. So each hold is
      -- found by its own index lookup (OFFSET 0 keeps the planner from turning the join around), and so is each account to update.
      SELECT count(*), array_agg(h.id) INTO released, released_ids
        FROM inserted t
       CROSS JOIN LATERAL (SELECT * FROM open_holds h WHERE h.id = t.pending_id OFFSET 0) h
       WHERE h.debit_id = t.debit_id AND t.amount + coalesce(t.fee, 0) <= h.amount
         AND CASE t.phase WHEN 'expire' THEN h.timeout_at <= now()
                          WHEN 'post' THEN h.timeout_at IS NULL OR h.timeout_at > now()
                          ELSE true END;
      SELECT count(*) - released INTO not_open FROM inserted WHERE pending_id IS NOT NULL;
      IF not_open > 0 THEN
        RAISE EXCEPTION '% holds are not open', not_open USING ERRCODE = 'FL001';
      END IF;
      WITH released_holds AS (
        DELETE FROM open_holds WHERE id = ANY(released_ids) RETURNING debit_id, credit_id, amount
      ), moves (account_id, posted_debit, posted_credit, pending_debit, pending_credit) AS (
        SELECT debit_id, amount + coalesce(fee, 0), 0, 0, 0 FROM inserted WHERE phase IN ('single', 'post')
        UNION ALL SELECT credit_id, 0, amount, 0, 0 FROM inserted WHERE phase IN ('single', 'post')
        UNION ALL SELECT fees_id, 0, sum(fee), 0, 0 FROM inserted HAVING sum(fee) IS NOT NULL
        UNION ALL SELECT debit_id, 0, 0, amount, 0 FROM inserted WHERE phase = 'pending'
        UNION ALL SELECT credit_id, 0, 0, 0, amount FROM inserted WHERE phase = 'pending'
        UNION ALL SELECT debit_id, 0, 0, -amount, 0 FROM released_holds
        UNION ALL SELECT credit_id, 0, 0, 0, -amount FROM released_holds
      ), changes AS MATERIALIZED (
        SELECT account_id, sum(posted_debit)::bigint AS posted_debit, sum(posted_credit)::bigint AS posted_credit,
               sum(pending_debit)::bigint AS pending_debit, sum(pending_credit)::bigint AS pending_credit
          FROM moves GROUP BY account_id
      ), noted AS (
        INSERT INTO unfolded_changes (first_seq, account_id, posted_debit, posted_credit)
          SELECT (SELECT min(seq) FROM inserted), account_id, posted_debit, posted_credit FROM changes
           WHERE account_id = ANY(folded) AND (posted_debit > 0 OR posted_credit > 0)
      )
      UPDATE accounts a SET
          posted_debit = a.posted_debit + c.posted_debit, posted_credit = a.posted_credit + c.posted_credit,
          pending_debit = a.pending_debit + c.pending_debit, pending_credit = a.pending_credit + c.pending_credit
        FROM changes c CROSS JOIN LATERAL (
          SELECT ctid AS place FROM accounts k WHERE k.id = c.account_id AND NOT k.is_folded OFFSET 0) k
       WHERE a.ctid = k.place;

      IF EXISTS (SELECT FROM accounts WHERE id = ANY(debited) AND is_folded AND NOT may_be_negative) THEN
        SELECT b.code INTO overdrawn FROM balances b
         WHERE b.id = ANY(debited) AND NOT b.may_be_negative AND b.posted_credit < b.posted_debit LIMIT 1;
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
