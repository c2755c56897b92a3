import { type Kysely, sql } from "kysely";

/** What stops payouts: halts, raised by the treasury itself, and pauses, by operators. Lifted ones stay on record. */
export async function createStops(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE stops (
      id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      kind      text NOT NULL CHECK (kind IN ('halt', 'pause')),
      -- Of the same reason there is one at a time.
      subject   text NOT NULL,
      reason    text NOT NULL,
      since     timestamptz NOT NULL DEFAULT now(),
      raised_by text NOT NULL,
      lifted_at timestamptz,
      lifted_by text,
      note      text
    )`.execute(db);
  await sql`CREATE UNIQUE INDEX stops_in_force ON stops (kind, subject) WHERE lifted_at IS NULL`.execute(db);
}
