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
  CONSTRAINT keys_pkey PRIMARY KEY (id),
  CONSTRAINT keys_hash_key UNIQUE (hash),
  CONSTRAINT keys_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT keys_label_check CHECK (char_length(label) <= 100),
  CONSTRAINT keys_models_check CHECK (cardinality(models) >= 1 AND cardinality(models) <= 100),
  CONSTRAINT keys_scopes_check CHECK (scopes <@ '{inference,read_account,manage_keys}'::text[] AND cardinality(scopes) >= 1 AND cardinality(scopes) <= 3)
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


INSERT INTO usage_position (id, stream, sequence, reader, reader_until) OVERRIDING SYSTEM VALUE VALUES
  ('true', '', '0', NULL, '-infinity');

ALTER TABLE keys ADD CONSTRAINT keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE sessions ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE usage_by_day ADD CONSTRAINT usage_by_day_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE usage_by_day ADD CONSTRAINT usage_by_day_key_id_fkey FOREIGN KEY (key_id) REFERENCES keys(id);

CREATE INDEX challenges_by_expiry ON challenges USING btree (expires_at);
CREATE INDEX keys_of_account ON keys USING btree (account_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions USING btree (expires_at);
CREATE INDEX sessions_of_account ON sessions USING btree (account_id, created_at);
CREATE INDEX usage_of_account ON usage_by_day USING btree (account_id, day);
