import { retrying } from "@flock/database";
import { FlockError } from "@flock/errors";
import {
  advance,
  type Bundle,
  type BundleJob,
  bundleSha256,
  evidenceOf,
  type JobEvidence,
  type LadderState,
  type LadderVerdict,
  type RefereeNamed,
  writeBundle,
} from "@flock/evidence";
import { EVENTS, encode, PROTOCOL_VERSION } from "@flock/proto";
import { StandingChanged, VerdictReached } from "@flock/proto/events";
import { type Kysely, sql, type Transaction } from "kysely";
import type { CheckRules } from "../verifier.js";
import { count } from "./days.js";
import type { VerifierSchema } from "./schema.js";
import { countReferees, standingOf, standingState, type WorkerRow } from "./workers.js";

/** Evidence of at most so many jobs, and bytes, is kept for the next verdict of a worker that is at large. */
const JOBS_REMEMBERED = 100;
const EVIDENCE_BYTES_MAX = 200 * 1024;
/** Of a bundle, so that it fits into an answer with its summary. */
const BUNDLE_BYTES_MAX = 400 * 1024;

/** What a check has come to. */
export interface Decision {
  readonly jobId: string;
  readonly workerId: string;
  readonly model: string;
  readonly evidence: JobEvidence;
  /** Why nothing can be said, in a word; empty: it can. */
  readonly reason: string;
  /** Absent: nothing was read. */
  readonly job: BundleJob | undefined;
  readonly referees: readonly RefereeNamed[];
  /** By referee. */
  readonly counted: ReadonlyMap<string, { readonly readings: number; readonly disagreements: number }>;
}

export interface Moment {
  readonly unixMs: number;
  readonly rules: CheckRules;
  /** Id of a verdict, if there is one. */
  readonly newId: () => string;
}

/**
 * Stores what a check has come to, in one transaction: the job's evidence, the worker's state, the verdict if there is
 * one, and what is to be told of both. A check that is decided already changes nothing.
 */
export async function decide(
  db: Kysely<VerifierSchema>,
  decision: Decision,
  moment: Moment,
): Promise<{ readonly isNew: boolean; readonly verdict?: LadderVerdict }> {
  return await retrying(db, async (dbTx) => {
    const worker = await dbTx
      .selectFrom("workers")
      .selectAll()
      .where("worker_id", "=", decision.workerId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const seq = await closeCheck(dbTx, decision, moment.unixMs);
    if (seq === undefined) return { isNew: false };
    const { verdict: found } = decision.evidence;
    await count(dbTx, moment.unixMs, { [found]: 1 });
    await countReferees(dbTx, decision.counted);
    const step = advance(worker.ladder, decision.evidence, decision.referees, moment.rules.ladder);
    const verdictId = step.verdict === undefined ? undefined : moment.newId();
    if (step.verdict !== undefined && verdictId !== undefined)
      await storeVerdict(dbTx, {
        worker,
        decision,
        moment,
        verdictId,
        verdict: step.verdict,
        next: step.next,
      });
    await moveWorker(dbTx, { worker, next: step.next, seq, verdictId, verdict: step.verdict, moment });
    return step.verdict === undefined ? { isNew: true } : { isNew: true, verdict: step.verdict };
  });
}

/** @returns Its number among all decisions; undefined: it was decided before. */
async function closeCheck(
  dbTx: Transaction<VerifierSchema>,
  { jobId, evidence, reason, job }: Decision,
  unixMs: number,
): Promise<bigint | undefined> {
  const { rows } = await sql<{ seq: bigint }>`
    UPDATE checks SET state = ${evidence.verdict}, reason = ${reason}, decided_at = ${new Date(unixMs)},
           seq = nextval('check_seq'), evidence = ${job === undefined ? null : JSON.stringify(job)}::jsonb
     WHERE job_id = ${jobId} AND state = 'open'
    RETURNING seq`.execute(dbTx);
  // Now they stand in its evidence.
  if (rows.length > 0) await dbTx.deleteFrom("readings").where("job_id", "=", jobId).execute();
  return rows[0]?.seq;
}

interface Reached {
  readonly worker: WorkerRow;
  readonly decision: Decision;
  readonly moment: Moment;
  readonly verdictId: string;
  readonly verdict: LadderVerdict;
  readonly next: LadderState;
}

async function storeVerdict(dbTx: Transaction<VerifierSchema>, reached: Reached): Promise<void> {
  const { worker, decision, moment, verdictId, verdict, next } = reached;
  const jobs = await jobsSince(dbTx, worker);
  const bundle: Bundle = {
    format: "flock/evidence/v1",
    verdictId,
    workerId: worker.worker_id,
    verdict,
    reachedUnixMs: moment.unixMs,
    rules: moment.rules.ladder,
    start: worker.start,
    jobs,
  };
  const bytes = writeBundle(bundle);
  if (bytes.length > BUNDLE_BYTES_MAX)
    throw new FlockError("internal", `the evidence of ${verdictId} has ${bytes.length} bytes`);
  const isConviction = verdict === "conviction";
  await dbTx
    .insertInto("verdicts")
    .values({
      verdict_id: verdictId,
      kind: verdict,
      state: isConviction ? "appealable" : "final",
      worker_id: worker.worker_id,
      model: decision.model,
      reached_at: new Date(moment.unixMs),
      appeal_until: isConviction ? new Date(moment.unixMs + moment.rules.appealMs) : null,
      jobs: jobs.length,
      log_e_millinats: BigInt(logEOf(worker, decision, next)),
      bundle: Buffer.from(bytes),
      bundle_sha256: Buffer.from(bundleSha256(bytes)),
    })
    .execute();
  const event = VerdictReached.create({
    version: PROTOCOL_VERSION,
    verdictId,
    workerId: worker.worker_id,
    state: standingState(next.standing),
    bundleSha256: bundleSha256(bytes),
    reachedUnixMs: moment.unixMs,
  });
  await dbTx
    .insertInto("outbox")
    .values({
      message_id: `verdict-${verdictId}`,
      subject: EVENTS.verdictReached,
      payload: Buffer.from(encode(VerdictReached, event)),
      worker_id: worker.worker_id,
    })
    .execute();
}

/** What the verdict was reached by: the evidence of its quarantine, or of all that it did at large. */
function logEOf({ ladder }: WorkerRow, { evidence }: Decision, next: LadderState): number {
  const { quarantine } = ladder;
  return quarantine === undefined
    ? evidenceOf(next)
    : quarantine.logEMillinats + (evidence.logEMillinats ?? 0);
}

/** In the order in which they were decided. Those that nobody is measured for have moved nothing. */
async function jobsSince(dbTx: Transaction<VerifierSchema>, worker: WorkerRow): Promise<BundleJob[]> {
  const rows = await dbTx
    .selectFrom("checks")
    .select("evidence")
    .where("worker_id", "=", worker.worker_id)
    .where("seq", ">", worker.start_seq)
    .where(sql<boolean>`evidence ? 'cell'`)
    .orderBy("seq")
    .execute();
  return rows.flatMap(({ evidence }) => evidence ?? []);
}

interface Moved {
  readonly worker: WorkerRow;
  readonly next: LadderState;
  readonly seq: bigint;
  readonly verdictId: string | undefined;
  readonly verdict: LadderVerdict | undefined;
  readonly moment: Moment;
}

async function moveWorker(dbTx: Transaction<VerifierSchema>, moved: Moved): Promise<void> {
  const { worker, next, seq, verdictId, verdict, moment } = moved;
  const begins = verdict !== undefined || (await hasManyJobs(dbTx, worker, next));
  const row = {
    ...worker,
    ladder: next,
    standing: next.standing,
    ...(begins ? { start: startOf(next), start_seq: seq } : {}),
    ...(next.standing === worker.standing
      ? {}
      : {
          since: new Date(moment.unixMs),
          reason: reasonOf(next, verdict),
          verdict_id: verdictId ?? null,
          changes: worker.changes + 1,
        }),
  };
  await writeWorker(dbTx, worker, row);
}

/** Writes a worker's row, and what is to be told if its standing is another one. */
export async function writeWorker(
  dbTx: Transaction<VerifierSchema>,
  before: WorkerRow,
  row: WorkerRow,
): Promise<void> {
  await dbTx
    .updateTable("workers")
    .set({
      standing: row.standing,
      ladder: JSON.stringify(row.ladder),
      start: JSON.stringify(row.start),
      start_seq: row.start_seq,
      since: row.since,
      reason: row.reason,
      verdict_id: row.verdict_id,
      changes: row.changes,
    })
    .where("worker_id", "=", row.worker_id)
    .execute();
  if (row.standing === before.standing) return;
  const event: StandingChanged = {
    version: PROTOCOL_VERSION,
    workerId: row.worker_id,
    from: standingState(before.standing),
    to: standingOf(row),
  };
  await dbTx
    .insertInto("outbox")
    .values({
      message_id: `standing-${row.worker_id}-${row.changes}`,
      subject: EVENTS.standingChanged,
      payload: Buffer.from(encode(StandingChanged, event)),
      worker_id: row.worker_id,
    })
    .execute();
}

/** In quarantine the evidence begins with it, and has an end of its own. */
async function hasManyJobs(
  dbTx: Transaction<VerifierSchema>,
  worker: WorkerRow,
  next: LadderState,
): Promise<boolean> {
  if (next.quarantine !== undefined) return false;
  const { rows } = await sql<{ count: bigint; bytes: bigint }>`
    SELECT count(*) AS count, coalesce(sum(length(evidence::text)), 0)::bigint AS bytes FROM checks
     WHERE worker_id = ${worker.worker_id} AND seq > ${worker.start_seq} AND evidence ? 'cell'`.execute(dbTx);
  const [row] = rows;
  return Number(row?.count ?? 0n) >= JOBS_REMEMBERED || Number(row?.bytes ?? 0n) >= EVIDENCE_BYTES_MAX;
}

/** A ladder's state as bundles have it. */
export function startOf({ runs, quarantine, ...state }: LadderState): Bundle["start"] {
  return {
    ...state,
    runs: [...runs],
    ...(quarantine === undefined
      ? {}
      : { quarantine: { ...quarantine, referees: [...quarantine.referees] } }),
  };
}

function reasonOf({ standing, quarantine }: LadderState, verdict: LadderVerdict | undefined): string {
  if (verdict === "release") return "Its fresh jobs were in order again.";
  switch (standing) {
    case "probation":
      return "Too few of its jobs were checked yet.";
    case "proven":
      return "Many of its jobs were checked, and they were in order.";
    case "watched":
      return "Some of its answers were hardly its model's: half of its jobs are checked.";
    case "quarantined":
      return "Its answers were hardly its model's: it gets no clients' jobs until fresh jobs have shown what it is.";
    case "convicted":
      if (quarantine === undefined)
        return "It was released from quarantine twice, and its answers were hardly its model's again.";
      return "Fresh jobs, read by several referees, have confirmed that its answers are not its model's.";
  }
}
