CREATE SCHEMA treasury;
SET search_path TO treasury;

CREATE TABLE anchors (
  epoch bigint NOT NULL,
  root bytea NOT NULL,
  told_at timestamp with time zone,
  seen_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT anchors_pkey PRIMARY KEY (epoch),
  CONSTRAINT anchors_root_check CHECK (length(root) = 32)
);

CREATE TABLE assignments (
  signature text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  assigned_by text NOT NULL,
  reason text NOT NULL,
  assigned_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT assignments_pkey PRIMARY KEY (signature, account_id),
  CONSTRAINT assignments_account_id_check CHECK (account_id ~ '^[A-Za-z0-9_-]{1,128}$'::text),
  CONSTRAINT assignments_assigned_by_check CHECK (length(assigned_by) >= 1 AND length(assigned_by) <= 500),
  CONSTRAINT assignments_reason_check CHECK (length(reason) >= 1 AND length(reason) <= 500)
);

CREATE TABLE batch_payouts (
  batch_id text COLLATE "C" NOT NULL,
  payout_id text COLLATE "C" NOT NULL,
  "position" integer NOT NULL,
  is_live boolean DEFAULT true NOT NULL,
  CONSTRAINT batch_payouts_pkey PRIMARY KEY (batch_id, payout_id)
);

CREATE TABLE batches (
  id text COLLATE "C" NOT NULL,
  purpose text NOT NULL,
  state text DEFAULT 'signed'::text NOT NULL,
  signature text COLLATE "C" NOT NULL,
  raw bytea NOT NULL,
  blockhash text NOT NULL,
  last_valid_block_height bigint NOT NULL,
  min_context_slot bigint NOT NULL,
  memo text NOT NULL,
  history_address text NOT NULL,
  total_micro bigint NOT NULL,
  epoch bigint,
  sends integer DEFAULT 0 NOT NULL,
  last_sent_at timestamp with time zone,
  landed_slot bigint,
  error text DEFAULT ''::text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT batches_pkey PRIMARY KEY (id),
  CONSTRAINT batches_signature_key UNIQUE (signature),
  CONSTRAINT batches_check CHECK ((purpose = 'anchor'::text) = (epoch IS NOT NULL)),
  CONSTRAINT batches_purpose_check CHECK (purpose = ANY (ARRAY['payouts'::text, 'anchor'::text])),
  CONSTRAINT batches_raw_check CHECK (length(raw) <= 1232),
  CONSTRAINT batches_state_check CHECK (state = ANY (ARRAY['signed'::text, 'sent'::text, 'finalized'::text, 'failed'::text, 'expired'::text])),
  CONSTRAINT batches_total_micro_check CHECK (total_micro >= 0)
) WITH (fillfactor=70);

CREATE TABLE day_totals (
  day date NOT NULL,
  reserved_micro bigint DEFAULT 0 NOT NULL,
  signed_micro bigint DEFAULT 0 NOT NULL,
  CONSTRAINT day_totals_pkey PRIMARY KEY (day),
  CONSTRAINT day_totals_reserved_micro_check CHECK (reserved_micro >= 0),
  CONSTRAINT day_totals_signed_micro_check CHECK (signed_micro >= 0)
);

CREATE TABLE deposit_references (
  reference text COLLATE "C" NOT NULL,
  account_id text NOT NULL,
  CONSTRAINT deposit_references_pkey PRIMARY KEY (reference),
  CONSTRAINT deposit_references_account_id_key UNIQUE (account_id),
  CONSTRAINT deposit_references_account_id_check CHECK (account_id ~ '^[A-Za-z0-9_-]{1,128}$'::text)
);

CREATE TABLE earnings_rounds (
  epoch bigint NOT NULL,
  cursor text DEFAULT ''::text NOT NULL,
  is_done boolean DEFAULT false NOT NULL,
  begun_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT earnings_rounds_pkey PRIMARY KEY (epoch)
);

CREATE TABLE holdings (
  is_the_one boolean DEFAULT true NOT NULL,
  sum_micro bigint NOT NULL,
  CONSTRAINT holdings_pkey PRIMARY KEY (is_the_one),
  CONSTRAINT holdings_is_the_one_check CHECK (is_the_one)
);

CREATE TABLE movements (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  signature text COLLATE "C" NOT NULL,
  slot bigint NOT NULL,
  delta_micro bigint NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  account_id text DEFAULT ''::text NOT NULL,
  sender text DEFAULT ''::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  seen_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  named text DEFAULT ''::text NOT NULL,
  is_decided boolean DEFAULT true NOT NULL,
  CONSTRAINT movements_pkey PRIMARY KEY (signature),
  CONSTRAINT movements_seq_key UNIQUE (seq),
  CONSTRAINT movements_check CHECK ((kind <> ALL (ARRAY['deposit'::text, 'custody'::text])) OR delta_micro > 0),
  CONSTRAINT movements_check1 CHECK (kind <> 'none'::text OR delta_micro = 0),
  CONSTRAINT movements_check2 CHECK ((state = 'noted'::text) = (kind = ANY (ARRAY['payouts'::text, 'none'::text, 'foreign'::text]))),
  CONSTRAINT movements_decided_first CHECK (is_decided OR state = 'seen'::text),
  CONSTRAINT movements_kind_check CHECK (kind = ANY (ARRAY['deposit'::text, 'custody'::text, 'payouts'::text, 'none'::text, 'foreign'::text])),
  CONSTRAINT movements_state_check CHECK (state = ANY (ARRAY['seen'::text, 'credited'::text, 'suspended'::text, 'claimed'::text, 'noted'::text]))
) WITH (fillfactor=70);

CREATE TABLE payouts (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  id text COLLATE "C" NOT NULL,
  origin text NOT NULL,
  ledger_account text COLLATE "C" NOT NULL,
  recipient text COLLATE "C" NOT NULL,
  amount_micro bigint NOT NULL,
  request_text text,
  request_signature bytea,
  state text DEFAULT 'requested'::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  cohort text DEFAULT ''::text NOT NULL,
  failures integer DEFAULT 0 NOT NULL,
  signed_day date,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  updated_at timestamp with time zone DEFAULT now() NOT NULL,
  reason_code text DEFAULT ''::text NOT NULL,
  CONSTRAINT payouts_pkey PRIMARY KEY (id),
  CONSTRAINT payouts_seq_key UNIQUE (seq),
  CONSTRAINT payouts_amount_micro_check CHECK (amount_micro > 0),
  CONSTRAINT payouts_check CHECK ((origin = 'withdrawal'::text) = (request_text IS NOT NULL AND request_signature IS NOT NULL)),
  CONSTRAINT payouts_id_check CHECK (id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'::text),
  CONSTRAINT payouts_ledger_account_check CHECK (ledger_account ~ '^(wallet|vested):[A-Za-z0-9_-]{1,128}$'::text),
  CONSTRAINT payouts_origin_check CHECK (origin = ANY (ARRAY['withdrawal'::text, 'earnings'::text])),
  CONSTRAINT payouts_refused_with_code CHECK ((state = 'refused'::text) = (reason_code <> ''::text)),
  CONSTRAINT payouts_state_check CHECK (state = ANY (ARRAY['requested'::text, 'refused'::text, 'reserved'::text, 'batched'::text, 'paid'::text, 'posted'::text, 'rejected'::text, 'voided'::text]))
) WITH (fillfactor=70);

CREATE TABLE stops (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  reason text NOT NULL,
  since timestamp with time zone DEFAULT now() NOT NULL,
  raised_by text NOT NULL,
  lifted_at timestamp with time zone,
  lifted_by text,
  note text,
  CONSTRAINT stops_pkey PRIMARY KEY (id),
  CONSTRAINT stops_kind_check CHECK (kind = ANY (ARRAY['halt'::text, 'pause'::text]))
);

CREATE TABLE transitions (
  subject text NOT NULL,
  from_state text NOT NULL,
  to_state text NOT NULL,
  CONSTRAINT transitions_pkey PRIMARY KEY (subject, from_state, to_state)
);


INSERT INTO holdings (is_the_one, sum_micro) OVERRIDING SYSTEM VALUE VALUES
  ('true', '0');

INSERT INTO transitions (subject, from_state, to_state) OVERRIDING SYSTEM VALUE VALUES
  ('batch', 'sent', 'expired'),
  ('batch', 'sent', 'failed'),
  ('batch', 'sent', 'finalized'),
  ('batch', 'signed', 'expired'),
  ('batch', 'signed', 'failed'),
  ('batch', 'signed', 'finalized'),
  ('batch', 'signed', 'sent'),
  ('movement', 'seen', 'credited'),
  ('movement', 'seen', 'suspended'),
  ('movement', 'suspended', 'claimed'),
  ('payout', 'batched', 'paid'),
  ('payout', 'batched', 'reserved'),
  ('payout', 'paid', 'posted'),
  ('payout', 'rejected', 'voided'),
  ('payout', 'requested', 'refused'),
  ('payout', 'requested', 'reserved'),
  ('payout', 'reserved', 'batched'),
  ('payout', 'reserved', 'rejected');

ALTER TABLE assignments ADD CONSTRAINT assignments_signature_fkey FOREIGN KEY (signature) REFERENCES movements(signature);
ALTER TABLE batch_payouts ADD CONSTRAINT batch_payouts_batch_id_fkey FOREIGN KEY (batch_id) REFERENCES batches(id);
ALTER TABLE batch_payouts ADD CONSTRAINT batch_payouts_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payouts(id);

CREATE INDEX batch_payouts_of_payout ON batch_payouts USING btree (payout_id);
CREATE UNIQUE INDEX batch_payouts_one_live ON batch_payouts USING btree (payout_id) WHERE is_live;
CREATE INDEX batches_live ON batches USING btree (created_at) WHERE state = ANY (ARRAY['signed'::text, 'sent'::text]);
CREATE UNIQUE INDEX batches_one_live_anchor ON batches USING btree (epoch) WHERE purpose = 'anchor'::text AND (state = ANY (ARRAY['signed'::text, 'sent'::text, 'finalized'::text]));
CREATE INDEX deposit_references_head ON deposit_references USING btree (lower("left"(account_id, 12) COLLATE "C"));
CREATE INDEX deposit_references_tail ON deposit_references USING btree (lower("right"(account_id, 12) COLLATE "C"));
CREATE INDEX movements_by_slot ON movements USING btree (slot);
CREATE INDEX movements_of_account ON movements USING btree (account_id, seq) WHERE account_id <> ''::text;
CREATE INDEX movements_of_sender ON movements USING btree (sender, seq) WHERE state = 'suspended'::text;
CREATE INDEX movements_seen ON movements USING btree (seq) WHERE state = 'seen'::text;
CREATE INDEX movements_suspended ON movements USING btree (seq) WHERE state = 'suspended'::text;
CREATE INDEX payouts_of_account ON payouts USING btree (ledger_account, seq);
CREATE INDEX payouts_unfinished ON payouts USING btree (state, seq) WHERE state = ANY (ARRAY['requested'::text, 'reserved'::text, 'batched'::text, 'paid'::text, 'rejected'::text]);
CREATE UNIQUE INDEX stops_in_force ON stops USING btree (kind, subject) WHERE lifted_at IS NULL;

SET check_function_bodies = off;

CREATE OR REPLACE FUNCTION treasury.add_movement()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      UPDATE holdings SET sum_micro = sum_micro + NEW.delta_micro;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION treasury.end_batch()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      UPDATE batch_payouts SET is_live = false WHERE batch_id = NEW.id;
      RETURN NULL;
    END $function$;

CREATE OR REPLACE FUNCTION treasury.guard_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
    END $function$;

CREATE OR REPLACE FUNCTION treasury.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      RAISE EXCEPTION 'rows of % are never removed', TG_TABLE_NAME USING ERRCODE = 'FT000';
    END $function$;

CREATE OR REPLACE FUNCTION treasury.refuse_decision()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      RAISE EXCEPTION 'movement % is decided, once and for ever', OLD.signature USING ERRCODE = 'FT001';
    END $function$;


CREATE TRIGGER assignments_keep BEFORE DELETE OR UPDATE OR TRUNCATE ON assignments FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batch_payouts_guard BEFORE DELETE OR UPDATE ON batch_payouts FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER batches_end AFTER UPDATE OF state ON batches FOR EACH ROW WHEN (new.state = ANY (ARRAY['failed'::text, 'expired'::text])) EXECUTE FUNCTION end_batch();
CREATE TRIGGER batches_guard BEFORE UPDATE ON batches FOR EACH ROW EXECUTE FUNCTION guard_change('batch', 'sends', 'last_sent_at', 'landed_slot', 'error');
CREATE TRIGGER batches_keep BEFORE DELETE OR TRUNCATE ON batches FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER movements_add AFTER INSERT ON movements FOR EACH ROW EXECUTE FUNCTION add_movement();
CREATE TRIGGER movements_decide_once BEFORE UPDATE ON movements FOR EACH ROW WHEN (old.is_decided AND (NOT new.is_decided OR old.reason <> new.reason)) EXECUTE FUNCTION refuse_decision();
CREATE TRIGGER movements_guard BEFORE UPDATE ON movements FOR EACH ROW EXECUTE FUNCTION guard_change('movement', 'account_id', 'reason', 'is_decided');
CREATE TRIGGER movements_keep BEFORE DELETE OR TRUNCATE ON movements FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payouts_guard BEFORE UPDATE ON payouts FOR EACH ROW EXECUTE FUNCTION guard_change('payout', 'reason', 'reason_code', 'cohort', 'failures', 'signed_day');
CREATE TRIGGER payouts_keep BEFORE DELETE OR TRUNCATE ON payouts FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
