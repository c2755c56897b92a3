CREATE SCHEMA api;
SET search_path TO api;

CREATE TABLE accounts (
  id text COLLATE "C" NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  CONSTRAINT accounts_id_check CHECK (id ~ '^[A-Za-z0-9_-]{1,64}$'::text)
);

CREATE TABLE challenges (
  hash bytea NOT NULL,
  address text COLLATE "C" NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT challenges_pkey PRIMARY KEY (hash),
  CONSTRAINT challenges_address_check CHECK (char_length(address) >= 32 AND char_length(address) <= 44),
  CONSTRAINT challenges_hash_check CHECK (octet_length(hash) = 32)
);

CREATE TABLE delegations (
  key text COLLATE "C" NOT NULL,
  wallet text COLLATE "C" NOT NULL,
  payout text COLLATE "C" NOT NULL,
  text text COLLATE "C" NOT NULL,
  signature bytea NOT NULL,
  kept_at timestamp with time zone NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT delegations_pkey PRIMARY KEY (key),
  CONSTRAINT delegations_check CHECK (key <> wallet),
  CONSTRAINT delegations_signature_check CHECK (octet_length(signature) = 64),
  CONSTRAINT delegations_text_check CHECK (octet_length(text) <= 1024)
);

CREATE TABLE jobs (
  id uuid NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  key_id uuid NOT NULL,
  model text COLLATE "C" NOT NULL,
  trace_id text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  created_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  lost_at timestamp with time zone NOT NULL,
  workers text[] NOT NULL,
  privacy text COLLATE "C",
  queue_ms double precision NOT NULL,
  claim_ms double precision NOT NULL,
  prefill_ms double precision NOT NULL,
  decode_ms double precision NOT NULL,
  total_ms double precision NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  completion_tokens_bound text COLLATE "C" NOT NULL,
  charge_micro bigint NOT NULL,
  done_reason text NOT NULL,
  error_code text COLLATE "C",
  receipt bytea,
  is_opted_out boolean DEFAULT false NOT NULL,
  CONSTRAINT jobs_pkey PRIMARY KEY (id),
  CONSTRAINT jobs_charge_micro_check CHECK (charge_micro >= 0),
  CONSTRAINT jobs_check CHECK ((finished_at IS NULL) = (state = 'running'::text)),
  CONSTRAINT jobs_completion_tokens_bound_check CHECK (completion_tokens_bound = ANY (ARRAY['exact'::text, 'lower'::text, 'upper'::text])),
  CONSTRAINT jobs_completion_tokens_check CHECK (completion_tokens >= 0),
  CONSTRAINT jobs_done_reason_check CHECK (char_length(done_reason) <= 64),
  CONSTRAINT jobs_prompt_tokens_check CHECK (prompt_tokens >= 0),
  CONSTRAINT jobs_receipt_check CHECK (octet_length(receipt) <= 8192),
  CONSTRAINT jobs_state_check CHECK (state = ANY (ARRAY['running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text]))
);

CREATE TABLE key_minutes (
  key_id uuid NOT NULL,
  minute timestamp with time zone NOT NULL,
  requests bigint NOT NULL,
  tokens bigint NOT NULL,
  CONSTRAINT key_minutes_pkey PRIMARY KEY (key_id),
  CONSTRAINT key_minutes_requests_check CHECK (requests >= 0),
  CONSTRAINT key_minutes_tokens_check CHECK (tokens >= 0)
);

CREATE TABLE keys (
  id uuid NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  hash bytea NOT NULL,
  label text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  revoked_at timestamp with time zone,
  expires_at timestamp with time zone,
  scopes text[] DEFAULT '{inference,read_account}'::text[] NOT NULL,
  models text[],
  budget_day_micro bigint,
  budget_month_micro bigint,
  requests_per_minute integer,
  tokens_per_minute bigint,
  streams_max integer,
  prefix text COLLATE "C",
  last_used_at timestamp with time zone,
  CONSTRAINT keys_pkey PRIMARY KEY (id),
  CONSTRAINT keys_hash_key UNIQUE (hash),
  CONSTRAINT keys_budget_day_micro_check CHECK (budget_day_micro > 0),
  CONSTRAINT keys_budget_month_micro_check CHECK (budget_month_micro > 0),
  CONSTRAINT keys_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT keys_label_check CHECK (char_length(label) <= 100),
  CONSTRAINT keys_models_check CHECK (cardinality(models) >= 1 AND cardinality(models) <= 100),
  CONSTRAINT keys_prefix_check CHECK (prefix ~ '^flk_[1-9A-HJ-NP-Za-km-z]{4}$'::text),
  CONSTRAINT keys_requests_per_minute_check CHECK (requests_per_minute >= 1 AND requests_per_minute <= 1000000),
  CONSTRAINT keys_scopes_check CHECK (scopes <@ '{inference,read_account,manage_keys}'::text[] AND cardinality(scopes) >= 1 AND cardinality(scopes) <= 3),
  CONSTRAINT keys_streams_max_check CHECK (streams_max >= 1 AND streams_max <= 100000),
  CONSTRAINT keys_that_manage_have_no_limits CHECK (NOT ('manage_keys'::text = ANY (scopes)) OR num_nonnulls(budget_day_micro, budget_month_micro, requests_per_minute, tokens_per_minute, streams_max) = 0),
  CONSTRAINT keys_tokens_per_minute_check CHECK (tokens_per_minute >= 1 AND tokens_per_minute <= 1000000000)
);

CREATE TABLE reservations (
  job_id text COLLATE "C" NOT NULL,
  key_id uuid NOT NULL,
  amount_micro bigint NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT reservations_pkey PRIMARY KEY (job_id),
  CONSTRAINT reservations_amount_micro_check CHECK (amount_micro > 0)
);

CREATE TABLE running_requests (
  job_id text COLLATE "C" NOT NULL,
  key_id uuid NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT running_requests_pkey PRIMARY KEY (job_id)
);

CREATE TABLE secrets (
  name text COLLATE "C" NOT NULL,
  value bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT secrets_pkey PRIMARY KEY (name),
  CONSTRAINT secrets_name_check CHECK (name ~ '^[a-z_]{1,64}$'::text),
  CONSTRAINT secrets_value_check CHECK (octet_length(value) = 32)
);

CREATE TABLE sessions (
  id uuid NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  hash bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT sessions_pkey PRIMARY KEY (id),
  CONSTRAINT sessions_hash_key UNIQUE (hash),
  CONSTRAINT sessions_hash_check CHECK (octet_length(hash) = 32)
);

CREATE TABLE status_days (
  day date NOT NULL,
  service text COLLATE "C" NOT NULL,
  ok integer NOT NULL,
  samples integer NOT NULL,
  CONSTRAINT status_days_pkey PRIMARY KEY (day, service),
  CONSTRAINT status_days_check CHECK (ok >= 0 AND ok <= samples)
);

CREATE TABLE status_incidents (
  id uuid NOT NULL,
  service text COLLATE "C" NOT NULL,
  began_at timestamp with time zone NOT NULL,
  ended_at timestamp with time zone,
  worst text COLLATE "C" NOT NULL,
  effect text NOT NULL,
  done text,
  CONSTRAINT status_incidents_pkey PRIMARY KEY (id),
  CONSTRAINT status_incidents_check CHECK (ended_at >= began_at),
  CONSTRAINT status_incidents_done_check CHECK (char_length(done) <= 2000),
  CONSTRAINT status_incidents_effect_check CHECK (char_length(effect) <= 1000),
  CONSTRAINT status_incidents_worst_check CHECK (worst = ANY (ARRAY['degraded'::text, 'down'::text]))
);

CREATE TABLE status_sampler (
  id boolean DEFAULT true NOT NULL,
  sampler uuid,
  sampler_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
  sampled_at timestamp with time zone,
  payouts_halted boolean,
  payouts_reason text,
  payouts_since timestamp with time zone,
  CONSTRAINT status_sampler_pkey PRIMARY KEY (id),
  CONSTRAINT status_sampler_id_check CHECK (id)
);

CREATE TABLE status_services (
  service text COLLATE "C" NOT NULL,
  state text COLLATE "C" NOT NULL,
  since timestamp with time zone NOT NULL,
  note text,
  instances integer NOT NULL,
  usual integer NOT NULL,
  fewer_samples integer NOT NULL,
  failed_samples integer NOT NULL,
  failed_since timestamp with time zone,
  good_samples integer NOT NULL,
  good_since timestamp with time zone,
  incident uuid,
  CONSTRAINT status_services_pkey PRIMARY KEY (service),
  CONSTRAINT status_services_failed_samples_check CHECK (failed_samples >= 0),
  CONSTRAINT status_services_fewer_samples_check CHECK (fewer_samples >= 0),
  CONSTRAINT status_services_good_samples_check CHECK (good_samples >= 0),
  CONSTRAINT status_services_instances_check CHECK (instances >= 0),
  CONSTRAINT status_services_note_check CHECK (char_length(note) <= 1000),
  CONSTRAINT status_services_state_check CHECK (state = ANY (ARRAY['ok'::text, 'degraded'::text, 'down'::text, 'unknown'::text])),
  CONSTRAINT status_services_usual_check CHECK (usual >= 0)
);

CREATE TABLE usage_by_day (
  key_id uuid NOT NULL,
  day date NOT NULL,
  model text COLLATE "C" NOT NULL,
  account_id text COLLATE "C" NOT NULL,
  requests bigint NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  charge_micro bigint NOT NULL,
  CONSTRAINT usage_by_day_pkey PRIMARY KEY (key_id, day, model),
  CONSTRAINT usage_by_day_charge_micro_check CHECK (charge_micro >= 0),
  CONSTRAINT usage_by_day_completion_tokens_check CHECK (completion_tokens >= 0),
  CONSTRAINT usage_by_day_prompt_tokens_check CHECK (prompt_tokens >= 0),
  CONSTRAINT usage_by_day_requests_check CHECK (requests > 0)
);

CREATE TABLE usage_position (
  id boolean DEFAULT true NOT NULL,
  stream text COLLATE "C" DEFAULT ''::text NOT NULL,
  sequence bigint DEFAULT 0 NOT NULL,
  reader uuid,
  reader_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
  CONSTRAINT usage_position_pkey PRIMARY KEY (id),
  CONSTRAINT usage_position_id_check CHECK (id),
  CONSTRAINT usage_position_sequence_check CHECK (sequence >= 0)
);


INSERT INTO status_sampler (id, sampler, sampler_until, sampled_at, payouts_halted, payouts_reason, payouts_since) OVERRIDING SYSTEM VALUE VALUES
  ('true', NULL, '-infinity', NULL, NULL, NULL, NULL);

INSERT INTO usage_position (id, stream, sequence, reader, reader_until) OVERRIDING SYSTEM VALUE VALUES
  ('true', '', '0', NULL, '-infinity');

ALTER TABLE key_minutes ADD CONSTRAINT key_minutes_key_id_fkey FOREIGN KEY (key_id) REFERENCES keys(id);
ALTER TABLE keys ADD CONSTRAINT keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE reservations ADD CONSTRAINT reservations_key_id_fkey FOREIGN KEY (key_id) REFERENCES keys(id);
ALTER TABLE running_requests ADD CONSTRAINT running_requests_key_id_fkey FOREIGN KEY (key_id) REFERENCES keys(id);
ALTER TABLE sessions ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE status_services ADD CONSTRAINT status_services_incident_fkey FOREIGN KEY (incident) REFERENCES status_incidents(id);
ALTER TABLE usage_by_day ADD CONSTRAINT usage_by_day_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE usage_by_day ADD CONSTRAINT usage_by_day_key_id_fkey FOREIGN KEY (key_id) REFERENCES keys(id);

CREATE INDEX challenges_by_expiry ON challenges USING btree (expires_at);
CREATE INDEX delegations_by_end ON delegations USING btree (expires_at);
CREATE INDEX delegations_of_payout ON delegations USING btree (payout);
CREATE INDEX delegations_of_wallet ON delegations USING btree (wallet, kept_at);
CREATE INDEX jobs_by_age ON jobs USING btree (created_at);
CREATE INDEX jobs_of_account ON jobs USING btree (account_id, created_at DESC, id DESC);
CREATE INDEX keys_of_account ON keys USING btree (account_id, created_at);
CREATE INDEX reservations_of_key ON reservations USING btree (key_id);
CREATE INDEX running_requests_of_key ON running_requests USING btree (key_id);
CREATE INDEX sessions_by_expiry ON sessions USING btree (expires_at);
CREATE INDEX sessions_of_account ON sessions USING btree (account_id, created_at);
CREATE INDEX status_incidents_by_time ON status_incidents USING btree (began_at DESC);
CREATE INDEX usage_of_account ON usage_by_day USING btree (account_id, day);

SET check_function_bodies = off;

CREATE OR REPLACE FUNCTION api.admit_request(p_key uuid, p_job text, p_now timestamp with time zone, p_least bigint, p_most bigint, p_tokens bigint, p_until timestamp with time zone)
 RETURNS TABLE(refusal text, granted bigint, budget bigint, used bigint, minute_at timestamp with time zone, requests_left bigint, tokens_left bigint, tokens_counted bigint)
 LANGUAGE plpgsql
AS $function$
    DECLARE
      k keys;
      m key_minutes;
      today date := (p_now AT TIME ZONE 'UTC')::date;
      reserved bigint := 0;
      spent_today bigint := 0;
      spent_this_month bigint := 0;
    BEGIN
      granted := p_most;
      SELECT * INTO k FROM keys WHERE id = p_key AND revoked_at IS NULL FOR NO KEY UPDATE;
      IF NOT FOUND THEN
        refusal := 'revoked';
        RETURN NEXT;
        RETURN;
      END IF;

      SELECT * INTO m FROM key_minutes WHERE key_id = p_key;
      IF NOT FOUND OR m.minute < date_trunc('minute', p_now) THEN
        m := ROW(p_key, date_trunc('minute', p_now), 0, 0);
      END IF;
      minute_at := m.minute;
      -- Null is no limit, but least() and greatest() pass over it.
      IF k.requests_per_minute IS NOT NULL THEN
        requests_left := greatest(k.requests_per_minute - m.requests, 0);
      END IF;
      IF k.tokens_per_minute IS NOT NULL THEN
        tokens_left := greatest(k.tokens_per_minute - m.tokens, 0);
        tokens_counted := least(p_tokens, k.tokens_per_minute);
      END IF;

      IF k.streams_max IS NOT NULL THEN
        DELETE FROM running_requests WHERE key_id = p_key AND expires_at <= p_now;
        IF (SELECT count(*) FROM running_requests WHERE key_id = p_key) >= k.streams_max THEN
          refusal := 'streams';
        END IF;
      END IF;
      IF refusal IS NULL AND requests_left < 1 THEN refusal := 'requests'; END IF;
      IF refusal IS NULL AND tokens_left < tokens_counted THEN refusal := 'tokens'; END IF;

      IF refusal IS NULL AND p_most > 0 AND num_nonnulls(k.budget_day_micro, k.budget_month_micro) > 0 THEN
        DELETE FROM reservations WHERE key_id = p_key AND expires_at <= p_now;
        SELECT coalesce(sum(amount_micro), 0) INTO reserved FROM reservations WHERE key_id = p_key;
        SELECT coalesce(sum(charge_micro) FILTER (WHERE day = today), 0), coalesce(sum(charge_micro), 0)
          INTO spent_today, spent_this_month
          FROM usage_by_day WHERE key_id = p_key AND day >= date_trunc('month', today)::date AND day <= today;
        IF k.budget_day_micro - spent_today - reserved < p_least THEN
          refusal := 'budget_day';
          budget := k.budget_day_micro;
          used := spent_today + reserved;
        ELSIF k.budget_month_micro - spent_this_month - reserved < p_least THEN
          refusal := 'budget_month';
          budget := k.budget_month_micro;
          used := spent_this_month + reserved;
        ELSE
          granted := least(
            p_most, k.budget_day_micro - spent_today - reserved, k.budget_month_micro - spent_this_month - reserved
          );
        END IF;
      END IF;
      IF refusal IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
      END IF;

      IF granted > 0 AND num_nonnulls(k.budget_day_micro, k.budget_month_micro) > 0 THEN
        INSERT INTO reservations VALUES (p_job, p_key, granted, p_until);
      END IF;
      IF k.streams_max IS NOT NULL THEN
        INSERT INTO running_requests VALUES (p_job, p_key, p_until);
      END IF;
      IF num_nonnulls(k.requests_per_minute, k.tokens_per_minute) > 0 THEN
        INSERT INTO key_minutes VALUES (p_key, m.minute, m.requests + 1, m.tokens + coalesce(tokens_counted, 0))
        ON CONFLICT (key_id) DO UPDATE
          SET minute = excluded.minute, requests = excluded.requests, tokens = excluded.tokens;
      END IF;
      requests_left := requests_left - 1;
      tokens_left := tokens_left - tokens_counted;
      RETURN NEXT;
    END $function$;

