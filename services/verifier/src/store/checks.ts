import type { Reading } from "@flock/evidence";
import { type Kysely, type Selectable, sql } from "kysely";
import type { ChecksTable, VerifierSchema } from "./schema.js";

export interface OpenCheck {
  readonly jobId: string;
  readonly workerId: string;
  readonly payeeId: string;
  readonly model: string;
  readonly modelDigest: string;
  readonly requesterId: string;
  readonly leases: number;
  readonly isCancelled: boolean;
  readonly receipt: Uint8Array;
  readonly signature: Uint8Array;
  readonly signer: string;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly dayKey: Uint8Array;
  readonly drawnAt: Date;
}

/** What a referee has said, and who it was. */
export interface StoredReading {
  readonly runId: string;
  readonly refereeId: string;
  readonly payeeId: string;
  readonly reading: Reading;
}

type ClaimedRow = Selectable<ChecksTable> & { readonly day_text: string; readonly key: Uint8Array };

/**
 * Takes up an open check that nobody works on, the newest first: of that one the api still has the material.
 * @param claimMs For so long nobody else takes it up, see {@link keepClaim}.
 */
export async function claimCheck(
  db: Kysely<VerifierSchema>,
  claimMs: number,
): Promise<OpenCheck | undefined> {
  const { rows } = await sql<ClaimedRow>`
    UPDATE checks SET claimed_until = now() + ${claimMs} * interval '1 millisecond'
      FROM day_keys k
     WHERE k.day = checks.day AND job_id = (
       SELECT job_id FROM checks
        WHERE state = 'open' AND (claimed_until IS NULL OR claimed_until < now())
        ORDER BY drawn_at DESC LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING checks.*, to_char(checks.day, 'YYYY-MM-DD') AS day_text, k.key`.execute(db);
  const [row] = rows;
  return row === undefined ? undefined : openCheckOf(row);
}

function openCheckOf(row: ClaimedRow): OpenCheck {
  return {
    jobId: row.job_id,
    workerId: row.worker_id,
    payeeId: row.payee_id,
    model: row.model,
    modelDigest: row.model_digest,
    requesterId: row.requester_id,
    leases: row.leases,
    isCancelled: row.is_cancelled,
    receipt: row.receipt,
    signature: row.signature,
    signer: row.signer,
    day: row.day_text,
    dayKey: row.key,
    drawnAt: row.drawn_at,
  };
}

/** Keeps a check for longer, or, with a short time, gives it back for then. */
export async function keepClaim(db: Kysely<VerifierSchema>, jobId: string, claimMs: number): Promise<void> {
  await sql`
    UPDATE checks SET claimed_until = now() + ${claimMs} * interval '1 millisecond'
     WHERE job_id = ${jobId} AND state = 'open'`.execute(db);
}

export async function openChecks(db: Kysely<VerifierSchema>): Promise<number> {
  const { rows } = await sql<{ count: bigint }>`
    SELECT count(*) AS count FROM checks WHERE state = 'open'`.execute(db);
  return Number(rows[0]?.count ?? 0n);
}

export async function readingsOf(db: Kysely<VerifierSchema>, jobId: string): Promise<StoredReading[]> {
  const rows = await db.selectFrom("readings").selectAll().where("job_id", "=", jobId).execute();
  return rows.map(({ run_id, referee_id, payee_id, reading }) => ({
    runId: run_id,
    refereeId: referee_id,
    payeeId: payee_id,
    reading,
  }));
}

/** Keeps what a referee said, once for each run. */
export async function storeReading(
  db: Kysely<VerifierSchema>,
  jobId: string,
  { runId, refereeId, payeeId, reading }: StoredReading,
): Promise<void> {
  await db
    .insertInto("readings")
    .values({
      run_id: runId,
      job_id: jobId,
      referee_id: refereeId,
      payee_id: payeeId,
      tokens: 1,
      reading: JSON.stringify(reading),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** How jobs were checked; those that were not drawn are left out. */
export async function checksOf(
  db: Kysely<VerifierSchema>,
  jobIds: readonly string[],
): Promise<Pick<Selectable<ChecksTable>, "job_id" | "state" | "drawn_at" | "decided_at">[]> {
  if (jobIds.length === 0) return [];
  return await db
    .selectFrom("checks")
    .select(["job_id", "state", "drawn_at", "decided_at"])
    .where("job_id", "in", [...jobIds])
    .execute();
}
