import { retrying } from "@flock/database";
import { drawRateBps, isDrawn, LADDER_START, type LadderRules } from "@flock/evidence";
import { Checking } from "@flock/proto/events";
import { type Kysely, sql, type Transaction } from "kysely";
import { drawDayOf } from "../domain/day.js";
import { type EndedJob, isCancelled, mayBeDrawn } from "../domain/ended-job.js";
import { count, ensureDayKey } from "./days.js";
import type { VerifierSchema } from "./schema.js";

/** All of a worker's jobs are drawn for so long after one of them was odd. */
const ODD_FOR_MS = 3_600_000;
const FULL_BPS = 10_000;

export interface Drawing {
  readonly requesterId: string;
  readonly jobs: readonly EndedJob[];
  /** Workers of which a job was odd. */
  readonly odd: ReadonlySet<string>;
  readonly rules: LadderRules;
  readonly nowUnixMs: number;
}

/**
 * Stores the jobs of one event, and draws among them, in one transaction. An event that comes again changes nothing: a
 * job that is stored is neither counted nor drawn a second time.
 * @returns How many were new, and how many of them drawn.
 */
export async function storeDrawn(
  db: Kysely<VerifierSchema>,
  drawing: Drawing,
): Promise<{ readonly jobs: number; readonly drawn: number }> {
  return await retrying(db, async (dbTx) => {
    const clients = drawing.jobs.filter(({ isOwn }) => !isOwn);
    const rates = await ratesOf(dbTx, clients, drawing);
    const keys = await dayKeysOf(dbTx, clients, drawing.nowUnixMs);
    const isChosen = (ended: EndedJob): boolean => {
      const key = keys.get(drawDayOf(ended.job.finishedUnixMs, drawing.nowUnixMs));
      return key !== undefined && mayBeDrawn(ended) && isDrawnWith(key, ended, rates);
    };
    const chosen = new Set(clients.filter(isChosen));
    const added = await insertJobs(dbTx, drawing.jobs, chosen);
    const seen = added.filter(({ isOwn }) => !isOwn);
    const drawn = seen.filter((ended) => chosen.has(ended));
    await insertChecks(dbTx, drawing, drawn);
    await count(dbTx, drawing.nowUnixMs, {
      jobsSeen: seen.length,
      jobsDrawn: drawn.length,
      jobTokens: tokensOf(seen),
      checkTokens: tokensOf(added.filter(({ isOwn }) => isOwn)),
    });
    return { jobs: seen.length, drawn: drawn.length };
  });
}

/** The keys of the days whose draws these jobs are in: one or two. */
async function dayKeysOf(
  dbTx: Transaction<VerifierSchema>,
  jobs: readonly EndedJob[],
  nowUnixMs: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const days = new Set(jobs.map(({ job }) => drawDayOf(job.finishedUnixMs, nowUnixMs)));
  const keys = new Map<string, Uint8Array>();
  for (const day of [...days].sort()) keys.set(day, await ensureDayKey(dbTx, day));
  return keys;
}

function isDrawnWith(dayKey: Uint8Array, { job }: EndedJob, rates: ReadonlyMap<string, number>): boolean {
  return job.checking === Checking.ALWAYS || isDrawn(dayKey, job.jobId, rates.get(job.workerId) ?? FULL_BPS);
}

/** Rates of all workers of an event; those that are heard of for the first time get their row. */
async function ratesOf(
  dbTx: Transaction<VerifierSchema>,
  jobs: readonly EndedJob[],
  { odd, rules, nowUnixMs }: Drawing,
): Promise<ReadonlyMap<string, number>> {
  // In one order, so that two processes do not wait for each other.
  const ids = [...new Set(jobs.map(({ job }) => job.workerId))].sort();
  if (ids.length === 0) return new Map();
  const start = JSON.stringify(LADDER_START);
  await dbTx
    .insertInto("workers")
    .values(ids.map((worker_id) => ({ worker_id, ladder: start, start })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const oddIds = ids.filter((id) => odd.has(id));
  if (oddIds.length > 0)
    await dbTx
      .updateTable("workers")
      .set({ odd_until: new Date(nowUnixMs + ODD_FOR_MS) })
      .where("worker_id", "in", oddIds)
      .execute();
  const rows = await dbTx
    .selectFrom("workers")
    .select(["worker_id", "ladder", "odd_until"])
    .where("worker_id", "in", ids)
    .execute();
  return new Map(
    rows.map(({ worker_id, ladder, odd_until }) => [
      worker_id,
      (odd_until?.getTime() ?? 0) > nowUnixMs ? FULL_BPS : drawRateBps(ladder, rules),
    ]),
  );
}

/** Runs of the verifier's own are kept, too, so that each is counted once. Returns those that were not there yet. */
async function insertJobs(
  dbTx: Transaction<VerifierSchema>,
  jobs: readonly EndedJob[],
  chosen: ReadonlySet<EndedJob>,
): Promise<readonly EndedJob[]> {
  // An event that names a job twice means it once.
  const byId = new Map(jobs.map((ended) => [ended.job.jobId, ended]));
  if (byId.size === 0) return [];
  const inserted = await dbTx
    .insertInto("jobs")
    .values(
      [...byId.values()].map((ended) => ({
        job_id: ended.job.jobId,
        worker_id: ended.job.workerId,
        model: ended.job.model,
        charge_micro: ended.isOwn ? 0n : ended.chargeMicro,
        finished_at: new Date(ended.job.finishedUnixMs),
        is_drawn: chosen.has(ended),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning("job_id")
    .execute();
  return inserted.flatMap(({ job_id }) => byId.get(job_id) ?? []);
}

async function insertChecks(
  dbTx: Transaction<VerifierSchema>,
  { requesterId, nowUnixMs }: Drawing,
  drawn: readonly EndedJob[],
): Promise<void> {
  const checks = drawn.flatMap((ended) => {
    const { job, vouched } = ended;
    if (vouched === undefined) return [];
    const { receipt, signature, signer } = vouched.signed;
    return {
      job_id: job.jobId,
      worker_id: job.workerId,
      payee_id: job.payeeId === "" ? job.workerId : job.payeeId,
      model: job.model,
      model_digest: job.modelDigest,
      requester_id: requesterId,
      leases: job.leases,
      is_cancelled: isCancelled(ended),
      receipt: Buffer.from(receipt),
      signature: Buffer.from(signature),
      signer,
      day: drawDayOf(job.finishedUnixMs, nowUnixMs),
    };
  });
  if (checks.length === 0) return;
  await dbTx
    .insertInto("checks")
    .values(checks)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

function tokensOf(jobs: readonly EndedJob[]): number {
  return jobs.reduce((sum, { job }) => sum + job.completionTokens, 0);
}

/** Forgets jobs that nothing can follow from any more. */
export async function forgetJobs(db: Kysely<VerifierSchema>, before: Date): Promise<number> {
  const { numAffectedRows } = await sql`
    DELETE FROM jobs WHERE job_id IN (
      SELECT job_id FROM jobs WHERE finished_at < ${before} ORDER BY finished_at LIMIT 10000)`.execute(db);
  return Number(numAffectedRows ?? 0n);
}
