import { type Kysely, sql } from "kysely";

/**
 * How services do: what the last samples have seen of each, incidents, and how many samples of a day (UTC) were good.
 * One api samples at a time; who that is stands in the one row of `status_sampler`. `usual` is how many instances a
 * service has when nothing is wrong. `done` is what operators write of an incident.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE status_sampler (
      id             boolean PRIMARY KEY DEFAULT true CHECK (id),
      sampler        uuid,
      sampler_until  timestamptz NOT NULL DEFAULT '-infinity',
      sampled_at     timestamptz,
      payouts_halted boolean,
      payouts_reason text,
      payouts_since  timestamptz
    )`.execute(db);
  await sql`INSERT INTO status_sampler DEFAULT VALUES`.execute(db);
  await sql`
    CREATE TABLE status_incidents (
      id       uuid PRIMARY KEY,
      service  text COLLATE "C" NOT NULL,
      began_at timestamptz NOT NULL,
      ended_at timestamptz CHECK (ended_at >= began_at),
      worst    text COLLATE "C" NOT NULL CHECK (worst IN ('degraded', 'down')),
      effect   text NOT NULL CHECK (char_length(effect) <= 1000),
      done     text CHECK (char_length(done) <= 2000)
    )`.execute(db);
  await sql`CREATE INDEX status_incidents_by_time ON status_incidents (began_at DESC)`.execute(db);
  await sql`
    CREATE TABLE status_services (
      service        text COLLATE "C" PRIMARY KEY,
      state          text COLLATE "C" NOT NULL CHECK (state IN ('ok', 'degraded', 'down', 'unknown')),
      since          timestamptz NOT NULL,
      note           text CHECK (char_length(note) <= 1000),
      instances      integer NOT NULL CHECK (instances >= 0),
      usual          integer NOT NULL CHECK (usual >= 0),
      fewer_samples  integer NOT NULL CHECK (fewer_samples >= 0),
      failed_samples integer NOT NULL CHECK (failed_samples >= 0),
      failed_since   timestamptz,
      good_samples   integer NOT NULL CHECK (good_samples >= 0),
      good_since     timestamptz,
      incident       uuid REFERENCES status_incidents (id)
    )`.execute(db);
  await sql`
    CREATE TABLE status_days (
      day     date NOT NULL,
      service text COLLATE "C" NOT NULL,
      ok      integer NOT NULL CHECK (ok BETWEEN 0 AND samples),
      samples integer NOT NULL,
      PRIMARY KEY (day, service)
    )`.execute(db);
}
