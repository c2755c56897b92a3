import type { Database } from "@flock/database";
import { type Selectable, sql } from "kysely";
import type { JobRecord } from "../stories/job-record.js";
import type { ApiSchema } from "./schema.js";
import { translated } from "./translated.js";

export interface JobsAsked {
  /** Jobs that had ended by then are left out. */
  readonly since: Date;
  readonly limit: number;
  /** Only those behind this one; undefined: from the newest. */
  readonly behind: { readonly createdUnixMs: number; readonly id: string } | undefined;
}

/** The stories of jobs in Postgres. Throws FlockErrors, `unavailable` if the database is away. */
export class JobStore {
  readonly #db: Database<ApiSchema>;

  constructor(db: Database<ApiSchema>) {
    this.#db = db;
  }

  /** Keeps these, each job once, in one statement. What was kept of a job that ran is replaced. */
  async write(records: readonly JobRecord[]): Promise<void> {
    const rows = JSON.stringify(records.map(writtenOf));
    await translated(() =>
      sql`
        INSERT INTO jobs AS kept
          (id, account_id, key_id, model, trace_id, state, created_at, finished_at, lost_at, workers, privacy,
           queue_ms, claim_ms, prefill_ms, decode_ms, total_ms, prompt_tokens, completion_tokens,
           completion_tokens_bound, charge_micro, done_reason, error_code, receipt, is_opted_out)
        SELECT id, account_id, key_id, model, trace_id, state, created_at, finished_at, lost_at, workers, privacy,
               queue_ms, claim_ms, prefill_ms, decode_ms, total_ms, prompt_tokens, completion_tokens,
               completion_tokens_bound, charge_micro, done_reason, error_code, decode(receipt, 'base64'),
               is_opted_out
          FROM json_to_recordset(${rows}::json) AS told (
            id uuid, account_id text, key_id uuid, model text, trace_id text, state text,
            created_at timestamptz, finished_at timestamptz, lost_at timestamptz, workers text[], privacy text,
            queue_ms float8, claim_ms float8, prefill_ms float8, decode_ms float8, total_ms float8,
            prompt_tokens bigint, completion_tokens bigint, completion_tokens_bound text, charge_micro bigint,
            done_reason text, error_code text, receipt text, is_opted_out boolean
          )
        ON CONFLICT (id) DO UPDATE SET
          state = excluded.state, finished_at = excluded.finished_at, workers = excluded.workers,
          privacy = excluded.privacy, queue_ms = excluded.queue_ms, claim_ms = excluded.claim_ms,
          prefill_ms = excluded.prefill_ms, decode_ms = excluded.decode_ms, total_ms = excluded.total_ms,
          prompt_tokens = excluded.prompt_tokens, completion_tokens = excluded.completion_tokens,
          completion_tokens_bound = excluded.completion_tokens_bound, charge_micro = excluded.charge_micro,
          done_reason = excluded.done_reason, error_code = excluded.error_code, receipt = excluded.receipt
        WHERE kept.state = 'running'`.execute(this.#db.kysely),
    );
  }

  /** A job of the account that had not ended at `since`. */
  async find(accountId: string, id: string, since: Date): Promise<JobRecord | undefined> {
    const row = await translated(() =>
      this.#db.kysely
        .selectFrom("jobs")
        .selectAll()
        .where("id", "=", id)
        .where("account_id", "=", accountId)
        .where(sql<boolean>`coalesce(finished_at, lost_at) > ${since}`)
        .executeTakeFirst(),
    );
    return row && recordOf(row);
  }

  /** Jobs of the account, newest first. */
  async list(accountId: string, { since, limit, behind }: JobsAsked): Promise<JobRecord[]> {
    const rows = await translated(() => {
      const asked = this.#db.kysely
        .selectFrom("jobs")
        .selectAll()
        .where("account_id", "=", accountId)
        .where(sql<boolean>`coalesce(finished_at, lost_at) > ${since}`)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit);
      if (behind === undefined) return asked.execute();
      const { createdUnixMs, id } = behind;
      return asked
        .where(sql<boolean>`(created_at, id) < (${new Date(createdUnixMs)}::timestamptz, ${id}::uuid)`)
        .execute();
    });
    return rows.map(recordOf);
  }

  /** Takes away at most so many that began before; how many it were. Several processes may do so at once. */
  async sweep(before: Date, rowsMax: number): Promise<number> {
    const { numAffectedRows } = await translated(() =>
      sql`
        DELETE FROM jobs WHERE id IN (
          SELECT id FROM jobs WHERE created_at < ${before} ORDER BY created_at LIMIT ${rowsMax}
             FOR UPDATE SKIP LOCKED
        )`.execute(this.#db.kysely),
    );
    return Number(numAffectedRows ?? 0n);
  }
}

/** As it goes to the database, in JSON: one parameter, however many jobs. */
function writtenOf(record: JobRecord) {
  const { timings } = record;
  return {
    id: record.id,
    account_id: record.accountId,
    key_id: record.keyId,
    model: record.model,
    trace_id: record.traceId,
    state: record.state,
    created_at: new Date(record.createdUnixMs),
    finished_at: record.finishedUnixMs === undefined ? null : new Date(record.finishedUnixMs),
    lost_at: new Date(record.lostUnixMs),
    workers: record.workers,
    privacy: record.privacy,
    queue_ms: timings.queueMs,
    claim_ms: timings.claimMs,
    prefill_ms: timings.prefillMs,
    decode_ms: timings.decodeMs,
    total_ms: timings.totalMs,
    prompt_tokens: record.promptTokens,
    completion_tokens: record.completionTokens,
    completion_tokens_bound: record.completionTokensBound,
    charge_micro: String(record.chargeMicro),
    done_reason: record.doneReason,
    error_code: record.errorCode,
    is_opted_out: record.isOptedOut,
    receipt: record.receipt && Buffer.from(record.receipt).toString("base64"),
  };
}

function recordOf(row: Selectable<ApiSchema["jobs"]>): JobRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    keyId: row.key_id,
    model: row.model,
    traceId: row.trace_id,
    state: row.state,
    createdUnixMs: row.created_at.getTime(),
    finishedUnixMs: row.finished_at?.getTime(),
    lostUnixMs: row.lost_at.getTime(),
    workers: row.workers,
    privacy: row.privacy ?? undefined,
    timings: {
      queueMs: row.queue_ms,
      claimMs: row.claim_ms,
      prefillMs: row.prefill_ms,
      decodeMs: row.decode_ms,
      totalMs: row.total_ms,
    },
    promptTokens: Number(row.prompt_tokens),
    completionTokens: Number(row.completion_tokens),
    completionTokensBound: row.completion_tokens_bound,
    chargeMicro: row.charge_micro,
    doneReason: row.done_reason,
    errorCode: row.error_code ?? undefined,
    receipt: row.receipt ?? undefined,
    isOptedOut: row.is_opted_out,
  };
}
