import { type Kysely, sql } from "kysely";

/** Verdicts, what follows from them, and what is to be told of them. */
export async function createVerdicts(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE verdicts (
      seq            bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
      verdict_id     uuid PRIMARY KEY,
      kind           text NOT NULL CHECK (kind IN ('quarantine', 'release', 'conviction')),
      state          text NOT NULL CHECK (state IN ('appealable', 'due', 'final', 'overturned')),
      worker_id      text NOT NULL,
      model          text NOT NULL,
      reached_at     timestamptz NOT NULL,
      appeal_until   timestamptz,
      jobs           integer NOT NULL,
      log_e_millinats bigint NOT NULL,
      bundle         bytea NOT NULL,
      bundle_sha256  bytea NOT NULL,
      ruling         text NOT NULL DEFAULT '',
      is_upheld      boolean
    )`.execute(db);
  await sql`CREATE INDEX verdicts_of_worker ON verdicts (worker_id, seq)`.execute(db);
  await sql`CREATE INDEX verdicts_under_way ON verdicts (appeal_until) WHERE state IN ('appealable', 'due')`.execute(
    db,
  );
  await sql`
    CREATE TABLE verdict_transitions (
      from_state text NOT NULL, to_state text NOT NULL, PRIMARY KEY (from_state, to_state))`.execute(db);
  await sql`
    INSERT INTO verdict_transitions (from_state, to_state) VALUES
      ('appealable', 'due'), ('appealable', 'overturned'), ('due', 'final')`.execute(db);
  await sql`
    CREATE FUNCTION guard_verdict() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END $$`.execute(db);
  await sql`
    CREATE TRIGGER verdicts_follow_their_states BEFORE UPDATE ON verdicts
      FOR EACH ROW EXECUTE FUNCTION guard_verdict()`.execute(db);
  await sql`
    CREATE TABLE consequences (
      id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      verdict_id   uuid NOT NULL REFERENCES verdicts (verdict_id),
      kind         text NOT NULL CHECK (kind IN ('clawback', 'compensate', 'slash')),
      -- A job, or the owner of a stake.
      subject      text NOT NULL,
      amount_micro bigint NOT NULL CHECK (amount_micro >= 0),
      state        text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'done', 'refused')),
      -- What was moved indeed.
      done_micro   bigint NOT NULL DEFAULT 0 CHECK (done_micro >= 0),
      UNIQUE (verdict_id, kind, subject)
    )`.execute(db);
  await sql`CREATE INDEX consequences_due ON consequences (verdict_id, id) WHERE state = 'due'`.execute(db);
  await sql`
    CREATE TABLE outbox (
      id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      -- Message id of the event.
      message_id text NOT NULL UNIQUE,
      subject    text NOT NULL,
      payload    bytea NOT NULL,
      -- Whose entry in the bucket STANDINGS is to be written first; empty: none.
      worker_id  text NOT NULL,
      told_at    timestamptz
    )`.execute(db);
  await sql`CREATE INDEX outbox_untold ON outbox (id) WHERE told_at IS NULL`.execute(db);
}
