import { type Kysely, sql } from "kysely";

/** What is thought of each worker, of the kinds of workers, and of those who were asked about others. */
export async function createWorkers(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE workers (
      worker_id  text PRIMARY KEY,
      standing   text NOT NULL DEFAULT 'probation'
                 CHECK (standing IN ('probation', 'proven', 'watched', 'quarantined', 'convicted')),
      -- The ladder's state (packages/evidence), and what it was when the evidence of the next verdict began.
      ladder     jsonb NOT NULL,
      start      jsonb NOT NULL,
      -- Jobs with a larger sequence number belong to the next verdict.
      start_seq  bigint NOT NULL DEFAULT 0,
      since      timestamptz NOT NULL DEFAULT now(),
      reason     text NOT NULL DEFAULT '',
      verdict_id uuid,
      -- How often its standing has changed.
      changes    integer NOT NULL DEFAULT 0,
      -- Free checks have found something odd: all of its jobs are drawn until then.
      odd_until  timestamptz
    )`.execute(db);
  await sql`
    CREATE TABLE cells (
      model_digest text NOT NULL, engine text NOT NULL, hardware text NOT NULL, speculation text NOT NULL,
      positions    integer NOT NULL,
      misses       integer NOT NULL,
      surprisal_slack_millinats integer NOT NULL,
      measured_at  timestamptz NOT NULL,
      frozen_until timestamptz,
      loaded_at    timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (model_digest, engine, hardware, speculation)
    )`.execute(db);
  await sql`
    CREATE TABLE referees (
      worker_id     text PRIMARY KEY,
      readings      bigint NOT NULL DEFAULT 0,
      disagreements bigint NOT NULL DEFAULT 0
    )`.execute(db);
}
