import assert from "node:assert/strict";
import type { MicroLlama } from "@flock/money";
import type pg from "pg";
import type { AccountCode } from "../domain/account-code.js";
import type { PlannedSettlement } from "../domain/draft.js";
import type { PlannedTransfer } from "../domain/transfer.js";
import { numberArray, textArray } from "./array-literals.js";
import { unixMs } from "./unix-ms.js";

/*
 * The one way to write transfers: a commit row, the transfers numbered from it and the settlements that explain them,
 * in one statement, which is one transaction. The triggers of migrations/0001-first-version (apply-transfers.ts) do
 * the rest or refuse it all.
 *
 * Rows are handed over, and so inserted, in the order of their jobs (the numbers keep the order of the plan): two
 * processes that write the same jobs wait for each other's unique keys, and would deadlock if each came upon them in an
 * order of its own.
 *
 * A fee is written in the row of the settlement that it is linked to (see migrations/0001-first-version/transfers.ts).
 */
const WRITE_COMMIT = `
  WITH the_commit AS (
    INSERT INTO commits (transfer_count) VALUES ($1) RETURNING first_seq, epoch, committed_at
  ), settled AS (
    INSERT INTO settlements (job_id, wallet_id, earnings_id, requester_id, model, model_digest,
        prompt_tokens, completion_tokens, prompt_price_micro, completion_price_micro,
        held_micro, charge_micro, worker_share_micro, protocol_share_micro, worker_share_bps, receipt_hash, finished_at,
        worker_id, epoch, settled_at)
      SELECT s.job_id, s.wallet_id, s.earnings_id, s.requester_id, s.model, s.model_digest,
             s.prompt_tokens, s.completion_tokens, s.prompt_price, s.completion_price,
             s.held, s.charge, s.worker_share, s.charge - s.worker_share, s.worker_share_bps,
             decode(s.receipt_hash, 'hex'), to_timestamp(s.finished_ms / 1000.0),
             s.worker_id, the_commit.epoch, the_commit.committed_at
        FROM the_commit,
             unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                    $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::int[],
                    $16::text[], $17::bigint[], $18::text[])
          AS s (job_id, wallet_id, earnings_id, requester_id, model, model_digest, prompt_tokens,
                completion_tokens, prompt_price, completion_price, held, charge, worker_share, worker_share_bps,
                receipt_hash, finished_ms, worker_id)
  ), transferred AS (
    INSERT INTO transfers (seq, id, kind, phase, debit_id, credit_id, amount, fee, business_id, linked_id, pending_id,
                           timeout_at, request_hash, created_at)
      SELECT the_commit.first_seq + t.place, t.kind || ':' || t.business_id, t.kind, t.phase,
             t.debit_id, t.credit_id, t.amount, t.fee, t.business_id, t.linked_id, t.pending_id,
             now() + t.timeout_ms * interval '1 millisecond', decode(t.request_hash, 'hex'), the_commit.committed_at
        FROM the_commit,
             unnest($19::int[], $20::transfer_kind[], $21::transfer_phase[], $22::bigint[], $23::bigint[], $24::bigint[],
                    $25::bigint[], $26::text[], $27::text[], $28::text[], $29::bigint[], $30::text[])
               AS t (place, kind, phase, debit_id, credit_id, amount, fee, business_id, linked_id, pending_id, timeout_ms,
                     request_hash)
  )
  SELECT first_seq, ${unixMs("committed_at")} AS committed_ms FROM the_commit`;

/** A commit as the database made it. */
export interface WrittenCommit {
  /** Of its first transfer; the others count up from it. */
  readonly firstSeq: bigint;
  readonly committedUnixMs: number;
}

/** The ids of accounts, as far as they are known. */
export type AccountIds = Pick<ReadonlyMap<AccountCode, bigint>, "get">;

/**
 * Commits transfers (at least one) and settlements, all or nothing.
 * @param accountIds must hold every account named in them.
 * @throws what Postgres threw; see {@link import("./write-refusal.js").writeRefusalOf} for what it means.
 */
export async function writeCommit(
  pool: pg.Pool,
  transfers: readonly PlannedTransfer[],
  settlements: readonly PlannedSettlement[],
  accountIds: AccountIds,
): Promise<WrittenCommit> {
  assert(transfers.length > 0, "a commit has transfers");
  const idOf = (code: AccountCode): bigint => {
    const id = accountIds.get(code);
    assert(id !== undefined, `account ${code} was not read`);
    return id;
  };
  const { rows } = await pool.query<{ first_seq: bigint; committed_ms: bigint }>({
    name: "ledger-write-commit",
    text: WRITE_COMMIT,
    values: [
      transfers.length,
      ...settlementColumns(
        sortedBy(settlements, ({ settle }) => settle.jobId),
        idOf,
      ),
      ...transferColumns(
        sortedBy(rowsOf(transfers), ({ transfer }) => transfer.businessId),
        idOf,
      ),
    ],
  });
  const [written] = rows;
  assert(written !== undefined, "a commit that is written is returned");
  return { firstSeq: written.first_seq, committedUnixMs: Number(written.committed_ms) };
}

/** In an order that is the same in every process; rows of the same key stay in theirs. */
function sortedBy<T>(rows: readonly T[], keyOf: (row: T) => string): T[] {
  return [...rows].sort((a, b) => {
    const first = keyOf(a);
    const second = keyOf(b);
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

/** A row of the table. */
interface TransferRow {
  readonly transfer: PlannedTransfer;
  /** In the commit, from 0. */
  readonly place: number;
  /** Of the fee that is linked to it, if it is a settlement that has one. */
  fee: MicroLlama | undefined;
}

/** A fee that follows its settlement has no row of its own. */
function rowsOf(transfers: readonly PlannedTransfer[]): TransferRow[] {
  const rows: TransferRow[] = [];
  for (const [place, transfer] of transfers.entries()) {
    const last = rows.at(-1);
    if (transfer.kind !== "fee" || transfer.linkedId === undefined) {
      rows.push({ transfer, place, fee: undefined });
      continue;
    }
    const isBeside = last?.transfer.kind === "settlement" && last.transfer.businessId === transfer.businessId;
    assert(isBeside, "a linked fee follows its settlement");
    last.fee = transfer.amount;
  }
  return rows;
}

function transferColumns(rows: readonly TransferRow[], idOf: (code: AccountCode) => bigint): unknown[] {
  return [
    numberArray(rows, ({ place }) => place),
    textArray(rows, ({ transfer }) => transfer.kind),
    textArray(rows, ({ transfer }) => transfer.phase),
    numberArray(rows, ({ transfer }) => idOf(transfer.debit)),
    numberArray(rows, ({ transfer }) => idOf(transfer.credit)),
    numberArray(rows, ({ transfer }) => transfer.amount),
    numberArray(rows, ({ fee }) => fee),
    textArray(rows, ({ transfer }) => transfer.businessId),
    textArray(rows, ({ transfer }) => transfer.linkedId),
    textArray(rows, ({ transfer }) => transfer.pendingId),
    numberArray(rows, ({ transfer }) => transfer.timeoutMs),
    textArray(rows, ({ transfer }) => transfer.requestHash),
  ];
}

function settlementColumns(
  settlements: readonly PlannedSettlement[],
  idOf: (code: AccountCode) => bigint,
): unknown[] {
  return [
    textArray(settlements, (s) => s.settle.jobId),
    numberArray(settlements, (s) => idOf(s.wallet)),
    numberArray(settlements, (s) => idOf(s.earnings)),
    textArray(settlements, (s) => s.settle.requesterId),
    textArray(settlements, (s) => s.settle.model),
    textArray(settlements, (s) => s.settle.modelDigest),
    numberArray(settlements, (s) => s.settle.promptTokens),
    numberArray(settlements, (s) => s.settle.completionTokens),
    numberArray(settlements, (s) => s.settle.promptPrice),
    numberArray(settlements, (s) => s.settle.completionPrice),
    numberArray(settlements, (s) => s.held),
    numberArray(settlements, (s) => s.charged.charge),
    numberArray(settlements, (s) => s.charged.workerShare),
    numberArray(settlements, (s) => s.workerShareBps),
    textArray(settlements, (s) => s.settle.receiptHash),
    numberArray(settlements, (s) => s.settle.finishedAtMs),
    textArray(settlements, (s) => s.settle.doneBy),
  ];
}
