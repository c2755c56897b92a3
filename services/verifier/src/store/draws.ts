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
    const drawn: EndedJob[] = [];
    const seen: EndedJob[] = [];
    for (const ended of clients) {
      const day = drawDayOf(ended.job.finishedUnixMs, drawing.nowUnixMs);
      const isChosen = mayBeDrawn(ended) && (await isChosenAt(dbTx, day, ended, rates));
      if (!(await insertJob(dbTx, ended, isChosen))) continue;
      seen.push(ended);
      if (!isChosen) continue;
      await insertCheck(dbTx, drawing.requesterId, ended, day);
      drawn.push(ended);
    }
    const own = await newOwn(
      dbTx,
      drawing.jobs.filter(({ isOwn }) => isOwn),
    );
    await count(dbTx, drawing.nowUnixMs, {
      jobsSeen: seen.length,
      jobsDrawn: drawn.length,
      jobTokens: tokensOf(seen),
      checkTokens: tokensOf(own),
    });
    return { jobs: seen.length, drawn: drawn.length };
  });
}

async function isChosenAt(
  dbTx: Transaction<VerifierSchema>,
  day: string,
  { job }: EndedJob,
  rates: ReadonlyMap<string, number>,
): Promise<boolean> {
  if (job.checking === Checking.ALWAYS) {
    await ensureDayKey(dbTx, day);
    return true;
  }
  return isDrawn(await ensureDayKey(dbTx, day), job.jobId, rates.get(job.workerId) ?? FULL_BPS);
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

async function insertJob(
  dbTx: Transaction<VerifierSchema>,
  { job, chargeMicro }: EndedJob,
  isChosen: boolean,
): Promise<boolean> {
  const inserted = await dbTx
    .insertInto("jobs")
    .values({
      job_id: job.jobId,
      worker_id: job.workerId,
      model: job.model,
      charge_micro: chargeMicro,
      finished_at: new Date(job.finishedUnixMs),
      is_drawn: isChosen,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("job_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Runs of the verifier's own are kept, too, so that each is counted once. */
async function newOwn(dbTx: Transaction<VerifierSchema>, jobs: readonly EndedJob[]): Promise<EndedJob[]> {
  const counted: EndedJob[] = [];
  for (const ended of jobs)
    if (await insertJob(dbTx, { ...ended, chargeMicro: 0n }, false)) counted.push(ended);
  return counted;
}

async function insertCheck(
  dbTx: Transaction<VerifierSchema>,
  requesterId: string,
  ended: EndedJob,
  day: string,
): Promise<void> {
  const { job, vouched } = ended;
  if (vouched === undefined) return;
  const { receipt, signature, signer } = vouched.signed;
  await dbTx
    .insertInto("checks")
    .values({
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
      day,
    })
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
