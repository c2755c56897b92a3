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
  CONSTRAINT keys_pkey PRIMARY KEY (id),
  CONSTRAINT keys_hash_key UNIQUE (hash),
  CONSTRAINT keys_hash_check CHECK (octet_length(hash) = 32),
  CONSTRAINT keys_label_check CHECK (char_length(label) <= 100)
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


ALTER TABLE keys ADD CONSTRAINT keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);
ALTER TABLE sessions ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES accounts(id);

CREATE INDEX challenges_by_expiry ON challenges USING btree (expires_at);
CREATE INDEX keys_of_account ON keys USING btree (account_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions USING btree (expires_at);
CREATE INDEX sessions_of_account ON sessions USING btree (account_id, created_at);
