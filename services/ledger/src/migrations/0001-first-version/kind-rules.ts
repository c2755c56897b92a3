import { type Kysely, sql } from "kysely";

/**
 * Which kinds of transfer there are, from which accounts to which, and what the database itself checks of those that
 * are not made for every job (the auditor checks the shape of those as well). Refusal: FL005 a rule of its kind is
 * broken.
 */
export async function createKindRules(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE transfer_shapes (
      kind          transfer_kind NOT NULL,
      phase         transfer_phase NOT NULL,
      debit_kind    text NOT NULL REFERENCES account_kinds,
      credit_kind   text NOT NULL REFERENCES account_kinds,
      is_same_owner boolean NOT NULL,
      PRIMARY KEY (kind, phase, debit_kind, credit_kind)
    )`.execute(db);
  await sql`
    INSERT INTO transfer_shapes (kind, phase, debit_kind, credit_kind, is_same_owner) VALUES
      ('genesis', 'single', 'supply', 'pool', false),
      ('grant', 'single', 'pool', 'wallet', false),
      ('hold', 'pending', 'wallet', 'escrow', false),
      ('settlement', 'post', 'wallet', 'earnings', false),
      ('fee', 'single', 'wallet', 'pool', false),
      ('fee', 'post', 'wallet', 'pool', false),
      ('void', 'void', 'wallet', 'escrow', false),
      ('expire', 'expire', 'wallet', 'escrow', false),
      ('custody', 'single', 'external', 'supply', false),
      ('deposit', 'single', 'external', 'wallet', false),
      ('deposit', 'single', 'external', 'suspense', false),
      ('claim', 'single', 'suspense', 'wallet', false),
      ('payout', 'pending', 'wallet', 'external', false),
      ('payout', 'pending', 'vested', 'external', false),
      ('payout_posted', 'post', 'wallet', 'external', false),
      ('payout_posted', 'post', 'vested', 'external', false),
      ('payout_voided', 'void', 'wallet', 'external', false),
      ('payout_voided', 'void', 'vested', 'external', false),
      ('stake', 'single', 'wallet', 'stake', true),
      ('unstake', 'single', 'stake', 'cooling', true),
      ('release', 'single', 'cooling', 'wallet', true),
      ('vest', 'single', 'earnings', 'vested', true),
      ('collect', 'single', 'vested', 'wallet', true),
      ('emission', 'single', 'pool', 'vested', false),
      ('staking_reward', 'single', 'pool', 'stake', false),
      ('fee_share', 'single', 'pool', 'pool', false),
      ('clawback', 'single', 'earnings', 'pool', false),
      ('slash', 'single', 'stake', 'pool', false),
      ('slash', 'single', 'cooling', 'pool', false),
      ('compensate', 'single', 'pool', 'wallet', false)`.execute(db);
  await sql`
    CREATE FUNCTION check_kinds() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
      broken text;
    BEGIN
      IF NOT EXISTS (
        SELECT FROM inserted WHERE kind NOT IN ('hold', 'settlement', 'fee', 'void', 'expire', 'grant')
      ) THEN
        RETURN NULL;
      END IF;
      SELECT t.id INTO broken
        FROM inserted t
        JOIN accounts d ON d.id = t.debit_id
        JOIN accounts c ON c.id = t.credit_id
       WHERE NOT EXISTS (
               SELECT FROM transfer_shapes s
                WHERE s.kind = t.kind AND s.phase = t.phase AND s.debit_kind = d.kind AND s.credit_kind = c.kind
                  AND (NOT s.is_same_owner OR d.owner = c.owner))
          OR NOT CASE t.kind
            -- All of a deposit that is in suspense.
            WHEN 'claim' THEN EXISTS (
              SELECT FROM transfers p
               WHERE p.id = 'deposit:' || t.business_id AND p.credit_id = t.debit_id AND p.amount = t.amount)
            -- The whole worker share of a job, as long as its epoch can be challenged.
            WHEN 'clawback' THEN EXISTS (
              SELECT FROM settlements s JOIN epochs e ON e.number = s.epoch
               WHERE s.job_id = t.business_id AND s.earnings_id = t.debit_id AND s.worker_share_micro = t.amount
                 AND e.state IN ('open', 'ended'))
            -- To the job's client, not more than it paid, nor than was taken for the job.
            WHEN 'compensate' THEN EXISTS (
              SELECT FROM settlements s
               WHERE s.job_id = t.business_id AND s.wallet_id = t.credit_id AND t.amount <= s.charge_micro)
              AND (EXISTS (SELECT FROM transfers p WHERE p.id = 'clawback:' || t.business_id)
                OR t.amount <= (
                  SELECT coalesce(sum(p.amount), 0) FROM transfers p
                   WHERE p.id IN ('slash:' || t.business_id, 'slash:' || t.business_id || ':cooling')))
            ELSE t.kind NOT IN ('vest', 'emission', 'staking_reward', 'fee_share') OR EXISTS (
              SELECT FROM epochs e WHERE e.number::text = split_part(t.business_id, ':', 1) AND e.state = 'closing')
          END
       LIMIT 1;
      IF broken IS NOT NULL THEN
        RAISE EXCEPTION '% breaks a rule of its kind', broken USING ERRCODE = 'FL005';
      END IF;
      RETURN NULL;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER transfers_kinds AFTER INSERT ON transfers
      REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION check_kinds()`.execute(db);
}
