import { retrying } from "@flock/database";
import { FlockError } from "@flock/errors";
import { LADDER_START } from "@flock/evidence";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import { startOf, writeWorker } from "./decisions.js";
import type { ConsequencesTable, OutboxTable, VerdictsTable, VerifierSchema } from "./schema.js";

export type VerdictRow = Selectable<VerdictsTable>;

/** What was moved by a verdict, in µLLAMA. */
export interface Moved {
  readonly clawback: bigint;
  readonly compensate: bigint;
  readonly slash: bigint;
}

export async function findVerdict(
  db: Kysely<VerifierSchema>,
  verdictId: string,
): Promise<VerdictRow | undefined> {
  return await db.selectFrom("verdicts").selectAll().where("verdict_id", "=", verdictId).executeTakeFirst();
}

/** Newest first. */
export async function listVerdicts(
  db: Kysely<VerifierSchema>,
  page: { readonly workerId: string; readonly before: bigint | undefined; readonly limit: number },
): Promise<VerdictRow[]> {
  let query = db.selectFrom("verdicts").selectAll().orderBy("seq", "desc").limit(page.limit);
  if (page.workerId !== "") query = query.where("worker_id", "=", page.workerId);
  if (page.before !== undefined) query = query.where("seq", "<", page.before);
  return await query.execute();
}

export async function movedBy(
  db: Kysely<VerifierSchema>,
  verdictIds: readonly string[],
): Promise<ReadonlyMap<string, Moved>> {
  if (verdictIds.length === 0) return new Map();
  const { rows } = await sql<Moved & { verdict_id: string }>`
    SELECT verdict_id, coalesce(sum(done_micro) FILTER (WHERE kind = 'clawback'), 0)::bigint AS clawback,
           coalesce(sum(done_micro) FILTER (WHERE kind = 'compensate'), 0)::bigint AS compensate,
           coalesce(sum(done_micro) FILTER (WHERE kind = 'slash'), 0)::bigint AS slash
      FROM consequences WHERE verdict_id = ANY(${[...verdictIds]}::uuid[]) GROUP BY verdict_id`.execute(db);
  return new Map(rows.map((row) => [row.verdict_id, row]));
}

export interface Ruling {
  readonly verdictId: string;
  readonly isUpheld: boolean;
  readonly reason: string;
  readonly unixMs: number;
}

/**
 * Upholds a conviction, or overturns it and lets the worker begin anew. The same ruling again changes nothing.
 * @throws FlockError `not_found`; `failed_precondition` if there is nothing to appeal, or it is too late, or it was ruled
 *   otherwise
 */
export async function rule(db: Kysely<VerifierSchema>, ruling: Ruling): Promise<void> {
  await retrying(db, async (dbTx) => {
    const verdict = await dbTx
      .selectFrom("verdicts")
      .selectAll()
      .where("verdict_id", "=", ruling.verdictId)
      .forUpdate()
      .executeTakeFirst();
    if (verdict === undefined) throw new FlockError("not_found", "there is no such verdict");
    if (verdict.is_upheld === ruling.isUpheld) return;
    const isOpen = verdict.state === "appealable" && verdict.is_upheld === null;
    if (!isOpen || (verdict.appeal_until?.getTime() ?? 0) <= ruling.unixMs)
      throw new FlockError("failed_precondition", "the verdict cannot be appealed against (any more)");
    await dbTx
      .updateTable("verdicts")
      .set({
        ruling: ruling.reason,
        is_upheld: ruling.isUpheld,
        ...(ruling.isUpheld ? {} : { state: "overturned" as const }),
      })
      .where("verdict_id", "=", ruling.verdictId)
      .execute();
    if (!ruling.isUpheld) await beginAnew(dbTx, verdict, ruling);
  });
}

async function beginAnew(
  dbTx: Transaction<VerifierSchema>,
  verdict: VerdictRow,
  { verdictId, unixMs }: Ruling,
): Promise<void> {
  const worker = await dbTx
    .selectFrom("workers")
    .selectAll()
    .where("worker_id", "=", verdict.worker_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const { same, different, undetermined } = worker.ladder;
  const ladder = { ...LADDER_START, same, different, undetermined };
  const { rows } = await sql<{ seq: bigint }>`
    SELECT coalesce(max(seq), 0)::bigint AS seq FROM checks WHERE worker_id = ${verdict.worker_id}`.execute(
    dbTx,
  );
  await writeWorker(dbTx, worker, {
    ...worker,
    ladder,
    start: startOf(ladder),
    start_seq: rows[0]?.seq ?? 0n,
    standing: "probation",
    since: new Date(unixMs),
    reason: "The verdict against it was overturned.",
    verdict_id: verdictId,
    changes: worker.changes + 1,
  });
}

/** Convictions whose appeal window is over, or that were upheld. */
export async function verdictsPastAppeal(db: Kysely<VerifierSchema>, now: Date): Promise<VerdictRow[]> {
  return await db
    .selectFrom("verdicts")
    .selectAll()
    .where("state", "=", "appealable")
    .where((where) => where.or([where("appeal_until", "<=", now), where("is_upheld", "=", true)]))
    .orderBy("seq")
    .execute();
}

export interface Consequences {
  /** Jobs that ended before are out of the ledger's reach. */
  readonly since: Date;
  readonly slashMicro: bigint;
}

/**
 * Fixes what follows from a conviction: the worker's jobs of that model are taken back, each client gets its charge
 * back, and a part of the stake is taken. Once: a verdict that is due already changes nothing.
 */
export async function makeDue(
  db: Kysely<VerifierSchema>,
  { verdict_id: id, worker_id: workerId, model }: VerdictRow,
  { since, slashMicro }: Consequences,
): Promise<boolean> {
  return await retrying(db, async (dbTx) => {
    const moved = await dbTx
      .updateTable("verdicts")
      .set({ state: "due" })
      .where("verdict_id", "=", id)
      .where("state", "=", "appealable")
      .executeTakeFirst();
    if (moved.numUpdatedRows !== 1n) return false;
    if (slashMicro > 0n)
      await dbTx
        .insertInto("consequences")
        .values({ verdict_id: id, kind: "slash", subject: workerId, amount_micro: slashMicro })
        .execute();
    for (const kind of ["clawback", "compensate"])
      await sql`
        INSERT INTO consequences (verdict_id, kind, subject, amount_micro)
        SELECT ${id}, ${kind}, job_id, charge_micro FROM jobs
         WHERE worker_id = ${workerId} AND model = ${model} AND finished_at >= ${since} AND charge_micro > 0
         ORDER BY finished_at`.execute(dbTx);
    return true;
  });
}

export async function dueConsequences(
  db: Kysely<VerifierSchema>,
  limit: number,
): Promise<Selectable<ConsequencesTable>[]> {
  return await db
    .selectFrom("consequences")
    .selectAll()
    .where("state", "=", "due")
    .orderBy("id")
    .limit(limit)
    .execute();
}

/** Says what has become of a consequence; its verdict is final with the last of them. */
export async function closeConsequence(
  db: Kysely<VerifierSchema>,
  id: bigint,
  to: { readonly state: "done" | "refused"; readonly doneMicro: bigint },
): Promise<void> {
  await db
    .updateTable("consequences")
    .set({ state: to.state, done_micro: to.doneMicro })
    .where("id", "=", id)
    .where("state", "=", "due")
    .execute();
}

/** Verdicts of which everything was done are final. */
export async function closeVerdicts(db: Kysely<VerifierSchema>): Promise<void> {
  await sql`
    UPDATE verdicts v SET state = 'final'
     WHERE v.state = 'due' AND NOT EXISTS (
       SELECT FROM consequences c WHERE c.verdict_id = v.verdict_id AND c.state = 'due')`.execute(db);
}

export async function untold(db: Kysely<VerifierSchema>, limit: number): Promise<Selectable<OutboxTable>[]> {
  return await db
    .selectFrom("outbox")
    .selectAll()
    .where("told_at", "is", null)
    .orderBy("id")
    .limit(limit)
    .execute();
}

export async function markTold(db: Kysely<VerifierSchema>, id: bigint, at: Date): Promise<void> {
  await db.updateTable("outbox").set({ told_at: at }).where("id", "=", id).execute();
}
