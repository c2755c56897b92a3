CREATE SCHEMA verifier;
SET search_path TO verifier;

CREATE SEQUENCE check_seq AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1;

CREATE TABLE cells (
  model_digest text NOT NULL,
  engine text NOT NULL,
  hardware text NOT NULL,
  speculation text NOT NULL,
  positions integer NOT NULL,
  misses integer NOT NULL,
  surprisal_slack_millinats integer NOT NULL,
  measured_at timestamp with time zone NOT NULL,
  frozen_until timestamp with time zone,
  loaded_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT cells_pkey PRIMARY KEY (model_digest, engine, hardware, speculation)
);

CREATE TABLE checks (
  job_id text NOT NULL,
  state text DEFAULT 'open'::text NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  worker_id text NOT NULL,
  payee_id text NOT NULL,
  model text NOT NULL,
  model_digest text NOT NULL,
  requester_id text NOT NULL,
  leases integer NOT NULL,
  is_cancelled boolean NOT NULL,
  receipt bytea NOT NULL,
  signature bytea NOT NULL,
  signer text NOT NULL,
  day date NOT NULL,
  drawn_at timestamp with time zone DEFAULT now() NOT NULL,
  claimed_until timestamp with time zone,
  decided_at timestamp with time zone,
  seq bigint,
  evidence jsonb,
  CONSTRAINT checks_pkey PRIMARY KEY (job_id),
  CONSTRAINT checks_seq_key UNIQUE (seq),
  CONSTRAINT checks_check CHECK ((state = 'open'::text) = (decided_at IS NULL)),
  CONSTRAINT checks_check1 CHECK ((state = 'open'::text) = (seq IS NULL)),
  CONSTRAINT checks_state_check CHECK (state = ANY (ARRAY['open'::text, 'same'::text, 'different'::text, 'undetermined'::text]))
);

CREATE TABLE consequences (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  verdict_id uuid NOT NULL,
  kind text NOT NULL,
  subject text NOT NULL,
  amount_micro bigint NOT NULL,
  state text DEFAULT 'due'::text NOT NULL,
  done_micro bigint DEFAULT 0 NOT NULL,
  CONSTRAINT consequences_pkey PRIMARY KEY (id),
  CONSTRAINT consequences_verdict_id_kind_subject_key UNIQUE (verdict_id, kind, subject),
  CONSTRAINT consequences_amount_micro_check CHECK (amount_micro >= 0),
  CONSTRAINT consequences_done_micro_check CHECK (done_micro >= 0),
  CONSTRAINT consequences_kind_check CHECK (kind = ANY (ARRAY['clawback'::text, 'compensate'::text, 'slash'::text])),
  CONSTRAINT consequences_state_check CHECK (state = ANY (ARRAY['due'::text, 'done'::text, 'refused'::text]))
);

CREATE TABLE day_counts (
  day date NOT NULL,
  jobs_seen bigint DEFAULT 0 NOT NULL,
  jobs_drawn bigint DEFAULT 0 NOT NULL,
  same bigint DEFAULT 0 NOT NULL,
  different bigint DEFAULT 0 NOT NULL,
  undetermined bigint DEFAULT 0 NOT NULL,
  job_tokens bigint DEFAULT 0 NOT NULL,
  check_tokens bigint DEFAULT 0 NOT NULL,
  CONSTRAINT day_counts_pkey PRIMARY KEY (day)
);

CREATE TABLE day_keys (
  day date NOT NULL,
  key bytea NOT NULL,
  key_sha256 bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT day_keys_pkey PRIMARY KEY (day),
  CONSTRAINT day_keys_key_check CHECK (length(key) = 32),
  CONSTRAINT day_keys_key_sha256_check CHECK (length(key_sha256) = 32)
);

CREATE TABLE jobs (
  job_id text NOT NULL,
  worker_id text NOT NULL,
  model text NOT NULL,
  charge_micro bigint NOT NULL,
  finished_at timestamp with time zone NOT NULL,
  is_drawn boolean NOT NULL,
  CONSTRAINT jobs_pkey PRIMARY KEY (job_id),
  CONSTRAINT jobs_charge_micro_check CHECK (charge_micro >= 0)
);

CREATE TABLE outbox (
  id bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  message_id text NOT NULL,
  subject text NOT NULL,
  payload bytea NOT NULL,
  worker_id text NOT NULL,
  told_at timestamp with time zone,
  CONSTRAINT outbox_pkey PRIMARY KEY (id),
  CONSTRAINT outbox_message_id_key UNIQUE (message_id)
);

CREATE TABLE readings (
  run_id uuid NOT NULL,
  job_id text NOT NULL,
  referee_id text NOT NULL,
  payee_id text NOT NULL,
  tokens integer NOT NULL,
  reading jsonb NOT NULL,
  CONSTRAINT readings_pkey PRIMARY KEY (run_id)
);

CREATE TABLE referees (
  worker_id text NOT NULL,
  readings bigint DEFAULT 0 NOT NULL,
  disagreements bigint DEFAULT 0 NOT NULL,
  CONSTRAINT referees_pkey PRIMARY KEY (worker_id)
);

CREATE TABLE verdict_transitions (
  from_state text NOT NULL,
  to_state text NOT NULL,
  CONSTRAINT verdict_transitions_pkey PRIMARY KEY (from_state, to_state)
);

CREATE TABLE verdicts (
  seq bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  verdict_id uuid NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  worker_id text NOT NULL,
  model text NOT NULL,
  reached_at timestamp with time zone NOT NULL,
  appeal_until timestamp with time zone,
  jobs integer NOT NULL,
  log_e_millinats bigint NOT NULL,
  bundle bytea NOT NULL,
  bundle_sha256 bytea NOT NULL,
  ruling text DEFAULT ''::text NOT NULL,
  is_upheld boolean,
  CONSTRAINT verdicts_pkey PRIMARY KEY (verdict_id),
  CONSTRAINT verdicts_seq_key UNIQUE (seq),
  CONSTRAINT verdicts_kind_check CHECK (kind = ANY (ARRAY['quarantine'::text, 'release'::text, 'conviction'::text])),
  CONSTRAINT verdicts_state_check CHECK (state = ANY (ARRAY['appealable'::text, 'due'::text, 'final'::text, 'overturned'::text]))
);

CREATE TABLE workers (
  worker_id text NOT NULL,
  standing text DEFAULT 'probation'::text NOT NULL,
  ladder jsonb NOT NULL,
  start jsonb NOT NULL,
  start_seq bigint DEFAULT 0 NOT NULL,
  since timestamp with time zone DEFAULT now() NOT NULL,
  reason text DEFAULT ''::text NOT NULL,
  verdict_id uuid,
  changes integer DEFAULT 0 NOT NULL,
  odd_until timestamp with time zone,
  CONSTRAINT workers_pkey PRIMARY KEY (worker_id),
  CONSTRAINT workers_standing_check CHECK (standing = ANY (ARRAY['probation'::text, 'proven'::text, 'watched'::text, 'quarantined'::text, 'convicted'::text]))
);


INSERT INTO verdict_transitions (from_state, to_state) OVERRIDING SYSTEM VALUE VALUES
  ('appealable', 'due'),
  ('appealable', 'overturned'),
  ('due', 'final');

ALTER TABLE checks ADD CONSTRAINT checks_day_fkey FOREIGN KEY (day) REFERENCES day_keys(day);
ALTER TABLE consequences ADD CONSTRAINT consequences_verdict_id_fkey FOREIGN KEY (verdict_id) REFERENCES verdicts(verdict_id);
ALTER TABLE readings ADD CONSTRAINT readings_job_id_fkey FOREIGN KEY (job_id) REFERENCES checks(job_id);

CREATE INDEX checks_of_worker ON checks USING btree (worker_id, seq);
CREATE INDEX checks_open ON checks USING btree (drawn_at) WHERE state = 'open'::text;
CREATE INDEX consequences_due ON consequences USING btree (verdict_id, id) WHERE state = 'due'::text;
CREATE INDEX jobs_by_age ON jobs USING btree (finished_at);
CREATE INDEX jobs_of_worker ON jobs USING btree (worker_id, finished_at);
CREATE INDEX outbox_untold ON outbox USING btree (id) WHERE told_at IS NULL;
CREATE INDEX readings_of_job ON readings USING btree (job_id);
CREATE INDEX verdicts_of_worker ON verdicts USING btree (worker_id, seq);
CREATE INDEX verdicts_under_way ON verdicts USING btree (appeal_until) WHERE state = ANY (ARRAY['appealable'::text, 'due'::text]);

SET check_function_bodies = off;

CREATE OR REPLACE FUNCTION verifier.guard_verdict()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    DECLARE may_change text[] := ARRAY['state', 'ruling', 'is_upheld'];
    BEGIN
      IF to_jsonb(OLD) - may_change <> to_jsonb(NEW) - may_change THEN
        RAISE EXCEPTION 'a verdict says what it says' USING ERRCODE = 'FV002';
      END IF;
      IF OLD.state <> NEW.state AND NOT EXISTS (
        SELECT FROM verdict_transitions t WHERE t.from_state = OLD.state AND t.to_state = NEW.state) THEN
        RAISE EXCEPTION 'a verdict does not become % after %', NEW.state, OLD.state USING ERRCODE = 'FV003';
      END IF;
      RETURN NEW;
    END $function$;

CREATE OR REPLACE FUNCTION verifier.keep_decided_check()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    BEGIN
      IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'the check of job % is decided', OLD.job_id USING ERRCODE = 'FV001';
      END IF;
      RETURN NEW;
    END $function$;


CREATE TRIGGER checks_are_decided_once BEFORE UPDATE ON checks FOR EACH ROW EXECUTE FUNCTION keep_decided_check();
CREATE TRIGGER verdicts_follow_their_states BEFORE UPDATE ON verdicts FOR EACH ROW EXECUTE FUNCTION guard_verdict();
