CREATE SCHEMA ledger;
SET search_path TO ledger;

CREATE TYPE transfer_phase AS ENUM ('single', 'pending', 'post', 'void', 'expire');
CREATE TYPE transfer_kind AS ENUM ('genesis', 'grant', 'hold', 'settlement', 'fee', 'void', 'expire', 'custody', 'deposit', 'claim', 'payout', 'payout_posted', 'payout_voided', 'stake', 'unstake', 'release', 'vest', 'collect', 'emission', 'staking_reward', 'fee_share', 'clawback', 'slash', 'compensate');
CREATE TYPE epoch_state AS ENUM ('open', 'ended', 'closing', 'closed', 'anchored');
CREATE DOMAIN account_owner AS text COLLATE "C"
  CONSTRAINT account_owner_check CHECK ((VALUE ~ '^[A-Za-z0-9_-]{1,128}$'::text));

CREATE SEQUENCE commit_seq AS bigint INCREMENT BY 10000 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 10000 CACHE 1;

CREATE TABLE account_kinds (
  kind text NOT NULL,
  is_folded boolean NOT NULL,
  may_be_negative boolean NOT NULL,
  CONSTRAINT account_kinds_pkey PRIMARY KEY (kind)
);

CREATE TABLE accounts (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  owner account_owner NOT NULL,
  code text COLLATE "C" NOT NULL,
  is_folded boolean NOT NULL,
  may_be_negative boolean NOT NULL,
  posted_debit bigint NOT NULL,
  posted_credit bigint NOT NULL,
  pending_debit bigint NOT NULL,
  pending_credit bigint NOT NULL,
  opened_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_code_key UNIQUE (code),
  CONSTRAINT accounts_not_negative CHECK (may_be_negative OR (posted_credit - posted_debit - pending_debit) >= 0),
  CONSTRAINT accounts_pending_credit_check CHECK (pending_credit >= 0),
  CONSTRAINT accounts_pending_debit_check CHECK (pending_debit >= 0),
  CONSTRAINT accounts_posted_credit_check CHECK (posted_credit >= 0),
  CONSTRAINT accounts_posted_debit_check CHECK (posted_debit >= 0)
) WITH (fillfactor=70);

CREATE TABLE commit_chain (
  "position" bigint NOT NULL,
  first_seq bigint NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT commit_chain_pkey PRIMARY KEY ("position"),
  CONSTRAINT commit_chain_first_seq_key UNIQUE (first_seq),
  CONSTRAINT commit_chain_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT commit_chain_previous_hash_check CHECK (octet_length(previous_hash) = 32)
);

CREATE TABLE commits (
  first_seq bigint DEFAULT nextval('commit_seq'::regclass) NOT NULL,
  transfer_count integer NOT NULL,
  epoch bigint NOT NULL,
  committed_at timestamp with time zone NOT NULL,
  is_folded boolean DEFAULT false NOT NULL,
  is_chained boolean DEFAULT false NOT NULL,
  CONSTRAINT commits_pkey PRIMARY KEY (first_seq),
  CONSTRAINT commits_transfer_count_check CHECK (transfer_count >= 1 AND transfer_count <= 10000)
);

CREATE TABLE cooldowns (
  id text COLLATE "C" NOT NULL,
  cooling_id bigint NOT NULL,
  remaining bigint NOT NULL,
  release_at timestamp with time zone NOT NULL,
  CONSTRAINT cooldowns_pkey PRIMARY KEY (id),
  CONSTRAINT cooldowns_remaining_check CHECK (remaining > 0)
);

CREATE TABLE epochs (
  number bigint NOT NULL,
  state epoch_state DEFAULT 'open'::epoch_state NOT NULL,
  starts_at timestamp with time zone NOT NULL,
  ends_at timestamp with time zone NOT NULL,
  closes_at timestamp with time zone NOT NULL,
  parameters text NOT NULL,
  rewards_pool_micro bigint,
  statement_root bytea,
  statement_lines bigint,
  anchor_signature text,
  is_announced boolean DEFAULT false NOT NULL,
  CONSTRAINT epochs_pkey PRIMARY KEY (number),
  CONSTRAINT epochs_check CHECK (ends_at > starts_at),
  CONSTRAINT epochs_check1 CHECK (closes_at >= ends_at),
  CONSTRAINT epochs_number_check CHECK (number >= 0),
  CONSTRAINT epochs_rewards_pool_micro_check CHECK (rewards_pool_micro >= 0),
  CONSTRAINT epochs_statement_lines_check CHECK (statement_lines > 0),
  CONSTRAINT epochs_statement_root_check CHECK (octet_length(statement_root) = 32),
  CONSTRAINT epochs_states CHECK ((state >= 'closing'::epoch_state) = (rewards_pool_micro IS NOT NULL) AND (state >= 'closed'::epoch_state) = (statement_root IS NOT NULL AND statement_lines IS NOT NULL) AND (state = 'anchored'::epoch_state) = (anchor_signature IS NOT NULL) AND (state >= 'closed'::epoch_state OR NOT is_announced))
);

CREATE TABLE open_holds (
  id text COLLATE "C" NOT NULL,
  debit_id bigint NOT NULL,
  credit_id bigint NOT NULL,
  amount bigint NOT NULL,
  timeout_at timestamp with time zone,
  CONSTRAINT open_holds_pkey PRIMARY KEY (id)
) WITH (autovacuum_vacuum_threshold=5000, autovacuum_vacuum_scale_factor=0);

CREATE TABLE publication (
  is_only boolean DEFAULT true NOT NULL,
  published bigint NOT NULL,
  CONSTRAINT publication_pkey PRIMARY KEY (is_only),
  CONSTRAINT publication_is_only_check CHECK (is_only),
  CONSTRAINT publication_published_check CHECK (published >= 0)
);

CREATE TABLE settlements (
  job_id text COLLATE "C" NOT NULL,
  epoch bigint NOT NULL,
  wallet_id bigint NOT NULL,
  earnings_id bigint NOT NULL,
  requester_id text NOT NULL,
  model text NOT NULL,
  model_digest text NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  prompt_price_micro bigint NOT NULL,
  completion_price_micro bigint NOT NULL,
  held_micro bigint NOT NULL,
  charge_micro bigint NOT NULL,
  worker_share_micro bigint NOT NULL,
  protocol_share_micro bigint NOT NULL,
  worker_share_bps integer NOT NULL,
  receipt_hash bytea,
  finished_at timestamp with time zone NOT NULL,
  settled_at timestamp with time zone NOT NULL,
  worker_id text COLLATE "C",
  CONSTRAINT settlements_pkey PRIMARY KEY (job_id),
  CONSTRAINT settlements_check CHECK (charge_micro >= 0 AND charge_micro <= held_micro),
  CONSTRAINT settlements_completion_price_micro_check CHECK (completion_price_micro >= 0),
  CONSTRAINT settlements_completion_tokens_check CHECK (completion_tokens >= 0),
  CONSTRAINT settlements_held_micro_check CHECK (held_micro > 0),
  CONSTRAINT settlements_prompt_price_micro_check CHECK (prompt_price_micro >= 0),
  CONSTRAINT settlements_prompt_tokens_check CHECK (prompt_tokens >= 0),
  CONSTRAINT settlements_protocol_share_micro_check CHECK (protocol_share_micro >= 0),
  CONSTRAINT settlements_shares CHECK (charge_micro = (worker_share_micro + protocol_share_micro)),
  CONSTRAINT settlements_worker_share_bps_check CHECK (worker_share_bps >= 0 AND worker_share_bps <= 10000),
  CONSTRAINT settlements_worker_share_micro_check CHECK (worker_share_micro >= 0)
);

CREATE TABLE stake_lows (
  account_id bigint NOT NULL,
  epoch bigint NOT NULL,
  low bigint NOT NULL,
  latest bigint NOT NULL,
  CONSTRAINT stake_lows_pkey PRIMARY KEY (account_id, epoch),
  CONSTRAINT stake_lows_check CHECK (latest >= low),
  CONSTRAINT stake_lows_low_check CHECK (low >= 0)
);

CREATE TABLE statement_portions (
  epoch bigint NOT NULL,
  portion integer NOT NULL,
  lines text NOT NULL,
  CONSTRAINT statement_portions_pkey PRIMARY KEY (epoch, portion),
  CONSTRAINT statement_portions_portion_check CHECK (portion >= 0)
);

CREATE TABLE transfer_shapes (
  kind transfer_kind NOT NULL,
  phase transfer_phase NOT NULL,
  debit_kind text NOT NULL,
  credit_kind text NOT NULL,
  is_same_owner boolean NOT NULL,
  CONSTRAINT transfer_shapes_pkey PRIMARY KEY (kind, phase, debit_kind, credit_kind)
);

CREATE TABLE transfers (
  seq bigint NOT NULL,
  id text COLLATE "C" NOT NULL,
  kind transfer_kind NOT NULL,
  phase transfer_phase NOT NULL,
  debit_id bigint NOT NULL,
  credit_id bigint NOT NULL,
  amount bigint NOT NULL,
  fee bigint,
  business_id text COLLATE "C" NOT NULL,
  linked_id text COLLATE "C",
  pending_id text COLLATE "C",
  timeout_at timestamp with time zone,
  request_hash bytea,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT transfers_pkey PRIMARY KEY (seq),
  CONSTRAINT transfers_id_key UNIQUE (id),
  CONSTRAINT transfers_amount_check CHECK (amount > 0),
  CONSTRAINT transfers_fee CHECK (fee IS NULL OR kind = 'settlement'::transfer_kind),
  CONSTRAINT transfers_fee_check CHECK (fee > 0),
  CONSTRAINT transfers_id_check CHECK (length(id) >= 1 AND length(id) <= 200),
  CONSTRAINT transfers_resolve CHECK ((phase = ANY (ARRAY['post'::transfer_phase, 'void'::transfer_phase, 'expire'::transfer_phase])) = (pending_id IS NOT NULL)),
  CONSTRAINT transfers_timeout CHECK (timeout_at IS NULL OR phase = 'pending'::transfer_phase OR kind = 'unstake'::transfer_kind),
  CONSTRAINT transfers_two_accounts CHECK (debit_id <> credit_id)
);

CREATE TABLE unfolded_changes (
  first_seq bigint NOT NULL,
  account_id bigint NOT NULL,
  posted_debit bigint NOT NULL,
  posted_credit bigint NOT NULL,
  CONSTRAINT unfolded_changes_pkey PRIMARY KEY (first_seq, account_id),
  CONSTRAINT unfolded_changes_posted_credit_check CHECK (posted_credit >= 0),
  CONSTRAINT unfolded_changes_posted_debit_check CHECK (posted_debit >= 0)
) WITH (autovacuum_vacuum_threshold=1000, autovacuum_vacuum_scale_factor=0);


INSERT INTO account_kinds (kind, is_folded, may_be_negative) OVERRIDING SYSTEM VALUE VALUES
  ('cooling', 'false', 'false'),
  ('earnings', 'false', 'false'),
  ('escrow', 'true', 'false'),
  ('external', 'true', 'true'),
  ('pool', 'true', 'false'),
  ('stake', 'false', 'false'),
  ('supply', 'true', 'true'),
  ('suspense', 'true', 'false'),
  ('vested', 'false', 'false'),
  ('wallet', 'false', 'false');

INSERT INTO publication (is_only, published) OVERRIDING SYSTEM VALUE VALUES
  ('true', '0');

INSERT INTO transfer_shapes (kind, phase, debit_kind, credit_kind, is_same_owner) OVERRIDING SYSTEM VALUE VALUES
  ('claim', 'single', 'suspense', 'wallet', 'false'),
  ('clawback', 'single', 'earnings', 'pool', 'false'),
  ('collect', 'single', 'vested', 'wallet', 'true'),
  ('compensate', 'single', 'pool', 'wallet', 'false'),
  ('custody', 'single', 'external', 'supply', 'false'),
  ('deposit', 'single', 'external', 'suspense', 'false'),
  ('deposit', 'single', 'external', 'wallet', 'false'),
  ('emission', 'single', 'pool', 'vested', 'false'),
  ('expire', 'expire', 'wallet', 'escrow', 'false'),
  ('fee', 'post', 'wallet', 'pool', 'false'),
  ('fee', 'single', 'wallet', 'pool', 'false'),
  ('fee_share', 'single', 'pool', 'pool', 'false'),
  ('genesis', 'single', 'supply', 'pool', 'false'),
  ('grant', 'single', 'pool', 'wallet', 'false'),
  ('hold', 'pending', 'wallet', 'escrow', 'false'),
  ('payout', 'pending', 'vested', 'external', 'false'),
  ('payout', 'pending', 'wallet', 'external', 'false'),
  ('payout_posted', 'post', 'vested', 'external', 'false'),
  ('payout_posted', 'post', 'wallet', 'external', 'false'),
  ('payout_voided', 'void', 'vested', 'external', 'false'),
  ('payout_voided', 'void', 'wallet', 'external', 'false'),
  ('release', 'single', 'cooling', 'wallet', 'true'),
  ('settlement', 'post', 'wallet', 'earnings', 'false'),
  ('slash', 'single', 'cooling', 'pool', 'false'),
  ('slash', 'single', 'stake', 'pool', 'false'),
  ('stake', 'single', 'wallet', 'stake', 'true'),
  ('staking_reward', 'single', 'pool', 'stake', 'false'),
  ('unstake', 'single', 'stake', 'cooling', 'true'),
  ('vest', 'single', 'earnings', 'vested', 'true'),
  ('void', 'void', 'wallet', 'escrow', 'false');

ALTER TABLE accounts ADD CONSTRAINT accounts_kind_fkey FOREIGN KEY (kind) REFERENCES account_kinds(kind);
ALTER TABLE commit_chain ADD CONSTRAINT commit_chain_first_seq_fkey FOREIGN KEY (first_seq) REFERENCES commits(first_seq);
ALTER TABLE statement_portions ADD CONSTRAINT statement_portions_epoch_fkey FOREIGN KEY (epoch) REFERENCES epochs(number);
ALTER TABLE transfer_shapes ADD CONSTRAINT transfer_shapes_credit_kind_fkey FOREIGN KEY (credit_kind) REFERENCES account_kinds(kind);
ALTER TABLE transfer_shapes ADD CONSTRAINT transfer_shapes_debit_kind_fkey FOREIGN KEY (debit_kind) REFERENCES account_kinds(kind);

CREATE INDEX accounts_folded ON accounts USING btree (id) WHERE is_folded;
CREATE INDEX commits_unchained ON commits USING btree (first_seq) WHERE NOT is_chained;
CREATE INDEX commits_unfolded ON commits USING btree (first_seq) WHERE NOT is_folded;
CREATE INDEX cooldowns_account ON cooldowns USING btree (cooling_id, release_at);
CREATE INDEX cooldowns_release ON cooldowns USING btree (release_at);
CREATE UNIQUE INDEX epochs_open ON epochs USING btree ((true)) WHERE state = 'open'::epoch_state;
CREATE INDEX epochs_unanchored ON epochs USING btree (number) WHERE state = 'closed'::epoch_state;
CREATE INDEX epochs_unfinished ON epochs USING btree (number) WHERE state = ANY (ARRAY['ended'::epoch_state, 'closing'::epoch_state]);
CREATE INDEX open_holds_reserved ON open_holds USING btree (debit_id) WHERE timeout_at IS NULL;
CREATE INDEX open_holds_timeout ON open_holds USING btree (timeout_at);
CREATE INDEX settlements_earnings ON settlements USING btree (earnings_id, settled_at);
CREATE INDEX settlements_epoch ON settlements USING brin (epoch) WITH (pages_per_range='16');
CREATE UNIQUE INDEX transfers_arrive_once ON transfers USING btree (business_id) WHERE kind = ANY (ARRAY['custody'::transfer_kind, 'deposit'::transfer_kind]);
CREATE INDEX transfers_credit ON transfers USING btree (credit_id, seq) WHERE phase = ANY (ARRAY['single'::transfer_phase, 'post'::transfer_phase]);
CREATE INDEX transfers_debit ON transfers USING btree (debit_id, seq);
CREATE UNIQUE INDEX transfers_resolve_once ON transfers USING btree (pending_id) WHERE pending_id IS NOT NULL;

CREATE VIEW all_transfers AS
 SELECT t.seq AS row_seq,
    one.seq,
    one.id,
    one.kind,
    one.phase,
    t.debit_id,
    one.credit_id,
    one.amount,
    t.business_id,
    one.linked_id,
    one.pending_id,
    one.timeout_at,
    one.request_hash,
    t.created_at
   FROM transfers t
     CROSS JOIN LATERAL ( SELECT t.seq,
            t.id,
            t.kind,
            t.phase,
            t.credit_id,
            t.amount,
            t.linked_id,
            t.pending_id,
            t.timeout_at,
            t.request_hash
        UNION ALL
         SELECT t.seq + 1,
            'fee:'::text || t.business_id,
            'fee'::transfer_kind,
            'single'::transfer_phase,
            ( SELECT accounts.id
                   FROM accounts
                  WHERE accounts.code = 'pool:fees'::text) AS id,
            t.fee,
            t.id,
            NULL::text,
            NULL::timestamp with time zone,
            NULL::bytea
          WHERE t.fee IS NOT NULL) one;

CREATE VIEW balances AS
 SELECT a.id,
    a.code,
    a.kind,
    a.is_folded,
    a.may_be_negative,
    a.pending_debit,
    a.pending_credit,
    a.posted_debit + COALESCE(u.debit, 0::bigint) AS posted_debit,
    a.posted_credit + COALESCE(u.credit, 0::bigint) AS posted_credit
   FROM accounts a
     CROSS JOIN LATERAL ( SELECT sum(unfolded_changes.posted_debit)::bigint AS debit,
            sum(unfolded_changes.posted_credit)::bigint AS credit
           FROM unfolded_changes
          WHERE a.is_folded AND unfolded_changes.account_id = a.id) u;


SET check_function_bodies = off;

CREATE OR REPLACE FUNCTION ledger.apply_cooldowns()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'ledger'
AS $function$
    DECLARE
      moved    record;
    BEGIN
      IF NOT EXISTS (SELECT FROM inserted WHERE kind IN ('unstake', 'release', 'slash')) THEN
        RETURN NULL;
      END IF;
      -- In their order: what one commit unstakes it may slash and release as well.
      FOR moved IN
        SELECT t.id, t.kind, t.debit_id, t.credit_id, t.amount, t.timeout_at, t.business_id
          FROM inserted t JOIN accounts a ON a.id = t.debit_id
         WHERE t.kind IN ('unstake', 'release') OR (t.kind = 'slash' AND a.kind = 'cooling') ORDER BY t.seq
      LOOP
        CASE moved.kind
          WHEN 'unstake' THEN
            INSERT INTO cooldowns VALUES (moved.id, moved.credit_id, moved.amount, moved.timeout_at);
          WHEN 'slash' THEN
            PERFORM slash_cooldowns(moved.debit_id, moved.amount);
          ELSE
            DELETE FROM cooldowns
             WHERE id = 'unstake:' || moved.business_id AND cooling_id = moved.debit_id
               AND remaining = moved.amount AND release_at <= now();
            IF NOT FOUND THEN
              RAISE EXCEPTION 'the unstake % is not to be released', moved.business_id USING ERRCODE = 'FL005';
            END IF;
        END CASE;
      END LOOP;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION ledger.apply_transfers()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'ledger'
AS $function$
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
    END $function$;

CREATE OR REPLACE FUNCTION ledger.begin_closing(closing bigint)
 RETURNS SETOF epochs
 LANGUAGE plpgsql
AS $function$
    BEGIN
      PERFORM pg_advisory_xact_lock(epoch_lock());
      UPDATE epochs SET state = 'closing', rewards_pool_micro = (
          SELECT posted_credit - posted_debit FROM balances WHERE code = 'pool:rewards')
        WHERE number = closing AND state = 'ended' AND closes_at <= clock_timestamp();
      RETURN QUERY SELECT * FROM epochs WHERE number = closing AND state = 'closing';
    END $function$;

CREATE OR REPLACE FUNCTION ledger.check_kinds()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    END $function$;

CREATE OR REPLACE FUNCTION ledger.check_link()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    DECLARE
      last commit_chain%ROWTYPE;
    BEGIN
      SELECT * INTO last FROM commit_chain ORDER BY position DESC LIMIT 1;
      IF NEW.position <> coalesce(last.position, 0) + 1
         OR NEW.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex')) THEN
        RAISE EXCEPTION 'link % does not follow link %', NEW.position, last.position USING ERRCODE = 'FL000';
      END IF;
      RETURN NEW;
    END $function$;

CREATE OR REPLACE FUNCTION ledger.check_settlements()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    END $function$;

CREATE OR REPLACE FUNCTION ledger.date_commit()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      PERFORM pg_advisory_xact_lock_shared(epoch_lock());
      NEW.committed_at := clock_timestamp();
      NEW.epoch := (SELECT number FROM epochs WHERE state = 'open' AND NEW.committed_at >= starts_at AND NEW.committed_at < ends_at);
      IF NEW.epoch IS NULL THEN
        RAISE EXCEPTION 'no epoch is open at %', NEW.committed_at USING ERRCODE = 'FL004';
      END IF;
      RETURN NEW;
    END $function$;

CREATE OR REPLACE FUNCTION ledger.epoch_lock()
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT 7306924851937::bigint$function$;

CREATE OR REPLACE FUNCTION ledger.fold_commits()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'ledger'
AS $function$
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
    END $function$;

CREATE OR REPLACE FUNCTION ledger.guard_epoch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    END $function$;

CREATE OR REPLACE FUNCTION ledger.note_stakes()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'ledger'
AS $function$
    BEGIN
      IF NOT EXISTS (SELECT FROM inserted WHERE kind IN ('stake', 'unstake', 'slash', 'staking_reward')) THEN
        RETURN NULL;
      END IF;
      INSERT INTO stake_lows (account_id, epoch, low, latest)
        SELECT a.id, e.number, least(a.posted_credit - a.posted_debit - m.change, a.posted_credit - a.posted_debit),
               a.posted_credit - a.posted_debit
          FROM (SELECT v.account_id, sum(v.change)::bigint AS change
                  FROM inserted t
                 CROSS JOIN LATERAL (VALUES (t.debit_id, -t.amount), (t.credit_id, t.amount)) v (account_id, change)
                 WHERE t.kind IN ('stake', 'unstake', 'slash', 'staking_reward')
                 GROUP BY v.account_id) m
          JOIN accounts a ON a.id = m.account_id AND a.kind = 'stake'
         CROSS JOIN epochs e WHERE e.state = 'open'
        ON CONFLICT (account_id, epoch) DO UPDATE
          SET low = least(stake_lows.low, excluded.latest), latest = excluded.latest;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION ledger.open_account()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      SELECT NEW.kind || ':' || NEW.owner, k.is_folded, k.may_be_negative, 0, 0, 0, 0
        INTO NEW.code, NEW.is_folded, NEW.may_be_negative,
             NEW.posted_debit, NEW.posted_credit, NEW.pending_debit, NEW.pending_credit
        FROM account_kinds k WHERE k.kind = NEW.kind;
      RETURN NEW;
    END $function$;

CREATE OR REPLACE FUNCTION ledger.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'FL000';
    END $function$;

CREATE OR REPLACE FUNCTION ledger.slash_cooldowns(slashed_id bigint, slashed bigint)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'ledger'
AS $function$
    DECLARE
      cooldown cooldowns%ROWTYPE;
      taken    bigint;
    BEGIN
      FOR cooldown IN SELECT * FROM cooldowns WHERE cooling_id = slashed_id ORDER BY release_at, id LOOP
        taken := least(cooldown.remaining, slashed);
        slashed := slashed - taken;
        IF taken = cooldown.remaining THEN
          DELETE FROM cooldowns WHERE id = cooldown.id;
        ELSE
          UPDATE cooldowns SET remaining = remaining - taken WHERE id = cooldown.id;
        END IF;
        EXIT WHEN slashed = 0;
      END LOOP;
    END $function$;

CREATE OR REPLACE FUNCTION ledger.turn_epoch(new_parameters text, epoch_seconds bigint, challenge_seconds bigint)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
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
    END $function$;


CREATE TRIGGER accounts_guard BEFORE UPDATE ON accounts FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_keep BEFORE DELETE OR TRUNCATE ON accounts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accounts_open BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION open_account();
CREATE TRIGGER commit_chain_check BEFORE INSERT ON commit_chain FOR EACH ROW EXECUTE FUNCTION check_link();
CREATE TRIGGER commit_chain_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON commit_chain FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER commits_date BEFORE INSERT ON commits FOR EACH ROW EXECUTE FUNCTION date_commit();
CREATE TRIGGER commits_fold AFTER UPDATE ON commits REFERENCING OLD TABLE AS old_commits NEW TABLE AS new_commits FOR EACH STATEMENT EXECUTE FUNCTION fold_commits();
CREATE TRIGGER commits_keep BEFORE DELETE OR TRUNCATE ON commits FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER cooldowns_guard BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON cooldowns FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER epochs_guard BEFORE UPDATE ON epochs FOR EACH ROW EXECUTE FUNCTION guard_epoch();
CREATE TRIGGER epochs_keep BEFORE DELETE OR TRUNCATE ON epochs FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER open_holds_guard BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON open_holds FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER settlements_check AFTER INSERT ON settlements REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION check_settlements();
CREATE TRIGGER settlements_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON settlements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER stake_lows_guard BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON stake_lows FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statement_portions_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON statement_portions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_apply AFTER INSERT ON transfers REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION apply_transfers();
CREATE TRIGGER transfers_cooldowns AFTER INSERT ON transfers REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION apply_cooldowns();
CREATE TRIGGER transfers_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON transfers FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER transfers_kinds AFTER INSERT ON transfers REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION check_kinds();
CREATE TRIGGER transfers_stakes AFTER INSERT ON transfers REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION note_stakes();
CREATE TRIGGER unfolded_changes_guard BEFORE INSERT OR DELETE OR UPDATE OR TRUNCATE ON unfolded_changes FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();

REVOKE DELETE, TRUNCATE, UPDATE ON commit_chain FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE, UPDATE ON settlements FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE, UPDATE ON statement_portions FROM CURRENT_USER;
REVOKE DELETE, TRUNCATE, UPDATE ON transfers FROM CURRENT_USER;
