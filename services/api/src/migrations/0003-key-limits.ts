import { type Kysely, sql } from "kysely";

/** What a key may spend and how fast, by whichever api process it comes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await addLimits(db);
  await createCounters(db);
  await createAdmission(db);
}

/**
 * Keys that there are go on without limits. A key with a limit manages no keys: each that it makes would have the
 * limit anew.
 */
async function addLimits(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE keys
      ADD COLUMN budget_day_micro    bigint  CHECK (budget_day_micro > 0),
      ADD COLUMN budget_month_micro  bigint  CHECK (budget_month_micro > 0),
      ADD COLUMN requests_per_minute integer CHECK (requests_per_minute BETWEEN 1 AND 1000000),
      ADD COLUMN tokens_per_minute   bigint  CHECK (tokens_per_minute BETWEEN 1 AND 1000000000),
      ADD COLUMN streams_max         integer CHECK (streams_max BETWEEN 1 AND 100000),
      ADD CONSTRAINT keys_that_manage_have_no_limits CHECK (
        NOT 'manage_keys' = ANY (scopes)
        OR num_nonnulls(budget_day_micro, budget_month_micro, requests_per_minute, tokens_per_minute, streams_max) = 0
      )`.execute(db);
}

/**
 * A reservation stands until what was charged is in usage_by_day, or its time is over; a running request until it has
 * ended, or its time is over: the process that ran it has died. Of a key's minutes the last one is kept.
 */
async function createCounters(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE reservations (
      job_id       text COLLATE "C" PRIMARY KEY,
      key_id       uuid NOT NULL REFERENCES keys,
      amount_micro bigint NOT NULL CHECK (amount_micro > 0),
      expires_at   timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX reservations_of_key ON reservations (key_id)`.execute(db);
  await sql`
    CREATE TABLE running_requests (
      job_id     text COLLATE "C" PRIMARY KEY,
      key_id     uuid NOT NULL REFERENCES keys,
      expires_at timestamptz NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX running_requests_of_key ON running_requests (key_id)`.execute(db);
  await sql`
    CREATE TABLE key_minutes (
      key_id   uuid PRIMARY KEY REFERENCES keys,
      minute   timestamptz NOT NULL,
      requests bigint NOT NULL CHECK (requests >= 0),
      tokens   bigint NOT NULL CHECK (tokens >= 0)
    )`.execute(db);
}

/**
 * Lets a request of a key begin, or says which limit it has reached. Requests of one key are looked at one after the
 * other: the lock on the key comes first, and each statement behind it sees what was committed until then.
 *
 *   granted = the smaller of p_most and, for each budget, budget - charged in its period - all reservations
 *
 * If that is less than p_least, nothing is reserved. A request that may need more tokens than the limit of a minute
 * counts as the limit. Clocks of processes differ a little: a minute that has begun for one has begun for all.
 */
async function createAdmission(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE FUNCTION admit_request(
      p_key uuid, p_job text, p_now timestamptz, p_least bigint, p_most bigint, p_tokens bigint, p_until timestamptz
    ) RETURNS TABLE (
      refusal text, granted bigint, budget bigint, used bigint,
      minute_at timestamptz, requests_left bigint, tokens_left bigint, tokens_counted bigint
    ) LANGUAGE plpgsql AS $$
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
    END $$`.execute(db);
}
