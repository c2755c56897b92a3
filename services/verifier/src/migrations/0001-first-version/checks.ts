import { type Kysely, sql } from "kysely";

/** Jobs that have ended, and what became of the check of those that were drawn. */
export async function createChecks(db: Kysely<unknown>): Promise<void> {
  // What a conviction may take back; forgotten when nothing of it can be any more.
  await sql`
    CREATE TABLE jobs (
      job_id       text PRIMARY KEY,
      worker_id    text NOT NULL,
      model        text NOT NULL,
      charge_micro bigint NOT NULL CHECK (charge_micro >= 0),
      finished_at  timestamptz NOT NULL,
      is_drawn     boolean NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX jobs_of_worker ON jobs (worker_id, finished_at)`.execute(db);
  await sql`CREATE INDEX jobs_by_age ON jobs (finished_at)`.execute(db);
  await sql`
    CREATE TABLE checks (
      job_id        text PRIMARY KEY,
      state         text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'same', 'different', 'undetermined')),
      -- Why nothing can be said, in a word; empty: it can.
      reason        text NOT NULL DEFAULT '',
      worker_id     text NOT NULL,
      payee_id      text NOT NULL,
      model         text NOT NULL,
      model_digest  text NOT NULL,
      requester_id  text NOT NULL,
      leases        integer NOT NULL,
      is_cancelled  boolean NOT NULL,
      receipt       bytea NOT NULL,
      signature     bytea NOT NULL,
      signer        text NOT NULL,
      day           date NOT NULL REFERENCES day_keys (day),
      drawn_at      timestamptz NOT NULL DEFAULT now(),
      -- A process works on it until then.
      claimed_until timestamptz,
      decided_at    timestamptz,
      -- Order in which the checks of all workers were decided.
      seq           bigint UNIQUE,
      -- The job of an evidence bundle (packages/evidence); null: nothing was read.
      evidence      jsonb,
      CHECK ((state = 'open') = (decided_at IS NULL)),
      CHECK ((state = 'open') = (seq IS NULL))
    )`.execute(db);
  await sql`CREATE SEQUENCE check_seq`.execute(db);
  await sql`CREATE INDEX checks_open ON checks (drawn_at) WHERE state = 'open'`.execute(db);
  await sql`CREATE INDEX checks_of_worker ON checks (worker_id, seq)`.execute(db);
  await sql`
    CREATE FUNCTION keep_decided_check() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.state <> 'open' THEN
        RAISE EXCEPTION 'the check of job % is decided', OLD.job_id USING ERRCODE = 'FV001';
      END IF;
      RETURN NEW;
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER checks_are_decided_once BEFORE UPDATE ON checks
      FOR EACH ROW EXECUTE FUNCTION keep_decided_check()`.execute(db);
  // What referees have said of the places of open checks: a check that is taken up again asks nobody twice.
  await sql`
    CREATE TABLE readings (
      run_id      uuid PRIMARY KEY,
      job_id      text NOT NULL REFERENCES checks (job_id),
      referee_id  text NOT NULL,
      payee_id    text NOT NULL,
      tokens      integer NOT NULL,
      reading     jsonb NOT NULL
    )`.execute(db);
  await sql`CREATE INDEX readings_of_job ON readings (job_id)`.execute(db);
}
