import type { StandingName } from "@flock/evidence";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type Standing, StandingState } from "@flock/proto/verifier";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { VerifierSchema, WorkersTable } from "./schema.js";

export type WorkerRow = Selectable<WorkersTable>;

const STATES: Readonly<Record<StandingName, StandingState>> = {
  probation: StandingState.PROBATION,
  proven: StandingState.PROVEN,
  watched: StandingState.WATCHED,
  quarantined: StandingState.QUARANTINED,
  convicted: StandingState.CONVICTED,
};

export function standingState(standing: StandingName): StandingState {
  return STATES[standing];
}

/** A worker's entry in the bucket STANDINGS. */
export function standingOf(
  row: Pick<WorkerRow, "standing" | "since" | "reason" | "ladder" | "verdict_id">,
): Standing {
  const { same, different, undetermined } = row.ladder;
  return {
    version: PROTOCOL_VERSION,
    state: STATES[row.standing],
    sinceUnixMs: row.since.getTime(),
    reason: row.reason,
    checkedJobs: same + different + undetermined,
    verdictId: row.verdict_id ?? "",
  };
}

export async function workersById(
  db: Kysely<VerifierSchema> | Transaction<VerifierSchema>,
  ids: readonly string[],
): Promise<WorkerRow[]> {
  if (ids.length === 0) return [];
  return await db
    .selectFrom("workers")
    .selectAll()
    .where("worker_id", "in", [...ids])
    .execute();
}

/** Workers behind one in the order of ids. */
export async function workersBehind(
  db: Kysely<VerifierSchema>,
  after: string,
  limit: number,
): Promise<WorkerRow[]> {
  return await db
    .selectFrom("workers")
    .selectAll()
    .where("worker_id", ">", after)
    .orderBy("worker_id")
    .limit(limit)
    .execute();
}

/** Workers by standing. */
export async function workersByStanding(
  db: Kysely<VerifierSchema>,
): Promise<ReadonlyMap<StandingName, number>> {
  const { rows } = await sql<{ standing: StandingName; count: bigint }>`
    SELECT standing, count(*) AS count FROM workers GROUP BY standing`.execute(db);
  return new Map(rows.map(({ standing, count }) => [standing, Number(count)]));
}

/** Ids of all workers that no client's job may go to: few. */
export async function shutOutWorkers(db: Kysely<VerifierSchema>): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("workers")
    .select("worker_id")
    .where("standing", "in", ["quarantined", "convicted"])
    .execute();
  return new Set(rows.map(({ worker_id }) => worker_id));
}

/** Counts what referees said, and how often two others agreed against one. */
export async function countReferees(
  db: Transaction<VerifierSchema>,
  readings: ReadonlyMap<string, { readonly readings: number; readonly disagreements: number }>,
): Promise<void> {
  for (const [workerId, counted] of [...readings].sort(([a], [b]) => (a < b ? -1 : 1)))
    await sql`
      INSERT INTO referees AS r (worker_id, readings, disagreements)
      VALUES (${workerId}, ${counted.readings}, ${counted.disagreements})
      ON CONFLICT (worker_id) DO UPDATE SET readings = r.readings + excluded.readings,
        disagreements = r.disagreements + excluded.disagreements`.execute(db);
}
