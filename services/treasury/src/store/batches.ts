import { retrying } from "@flock/database";
import { type MicroLlama, microLlama } from "@flock/money";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { BatchPurpose, BatchState } from "../domain/batch.js";
import type { Movement } from "../domain/movement.js";
import type { PayoutOrder } from "../domain/payout.js";
import { recordMovement } from "./movements.js";
import { assignCohorts } from "./payouts.js";
import type { BatchesTable, TreasurySchema } from "./schema.js";
import { stopsInForce } from "./stops.js";

/** A signed transaction, ready to be stored and then sent. */
export interface SignedBatch {
  readonly id: string;
  readonly purpose: BatchPurpose;
  readonly signature: string;
  readonly raw: Uint8Array;
  readonly blockhash: string;
  readonly lastValidBlockHeight: bigint;
  readonly minContextSlot: bigint;
  readonly memo: string;
  /** Address in whose history it is found when it lands. */
  readonly historyAddress: string;
  /** Sum of its payouts. */
  readonly total: MicroLlama;
  /** Of an anchor. */
  readonly epoch: bigint | undefined;
}

export interface LiveBatch extends SignedBatch {
  readonly state: BatchState;
  readonly sends: number;
  readonly lastSentAt: Date | undefined;
  readonly createdAt: Date;
}

export type StoreOutcome = "stored" | "overtaken" | "stopped" | "over_daily_limit";

/** Leaves a transaction without an error for its caller. */
class Refused extends Error {
  constructor(readonly outcome: StoreOutcome) {
    super(outcome);
  }
}

/**
 * The step on which "paid exactly once" rests: in one database transaction, takes the payouts out of the queue, counts
 * them against the day's limit, and stores the signed bytes. Only what is stored is ever sent. If the answer is lost
 * (the connection broke during COMMIT), the caller finds out by looking for live batches, as it does after a crash.
 * @returns why nothing was stored, if so: a payout is no longer waiting, payouts are stopped, or the day's limit is
 *   reached
 */
export async function storeBatch(
  db: Kysely<TreasurySchema>,
  batch: SignedBatch,
  payouts: readonly PayoutOrder[],
  limit: { readonly day: string; readonly dailyMax: MicroLlama },
): Promise<StoreOutcome> {
  try {
    return await db.transaction().execute(async (dbTx) => {
      if (batch.purpose === "payouts" && (await stopsInForce(dbTx)).length > 0) throw new Refused("stopped");
      await insertBatch(dbTx, batch);
      if (payouts.length > 0) await takePayouts(dbTx, batch, payouts, limit);
      return "stored" as const;
    });
  } catch (error) {
    if (error instanceof Refused) return error.outcome;
    throw error;
  }
}

async function insertBatch(dbTx: Transaction<TreasurySchema>, batch: SignedBatch): Promise<void> {
  const inserted = await dbTx
    .insertInto("batches")
    .values({
      id: batch.id,
      purpose: batch.purpose,
      signature: batch.signature,
      raw: Buffer.from(batch.raw),
      blockhash: batch.blockhash,
      last_valid_block_height: batch.lastValidBlockHeight,
      min_context_slot: batch.minContextSlot,
      memo: batch.memo,
      history_address: batch.historyAddress,
      total_micro: batch.total,
      epoch: batch.epoch ?? null,
    })
    // The one live anchor of an epoch.
    .onConflict((conflict) => conflict.doNothing())
    .returning("id")
    .executeTakeFirst();
  if (inserted === undefined) throw new Refused("overtaken");
}

async function takePayouts(
  dbTx: Transaction<TreasurySchema>,
  batch: SignedBatch,
  payouts: readonly PayoutOrder[],
  limit: { readonly day: string; readonly dailyMax: MicroLlama },
): Promise<void> {
  const ids = payouts.map(({ id }) => id);
  const { rows: firstSigned } = await sql<{ amount_micro: bigint; counted: boolean }>`
    UPDATE payouts p SET state = 'batched', signed_day = coalesce(p.signed_day, ${limit.day}::date)
      FROM (SELECT id, signed_day FROM payouts WHERE id = ANY(${ids}) AND state = 'reserved' ORDER BY id FOR UPDATE) before
     WHERE p.id = before.id
    RETURNING p.amount_micro, before.signed_day IS NOT NULL AS counted`.execute(dbTx);
  if (firstSigned.length !== ids.length) throw new Refused("overtaken");
  await dbTx
    .insertInto("batch_payouts")
    .values(ids.map((payoutId, position) => ({ batch_id: batch.id, payout_id: payoutId, position })))
    .execute();
  const added = firstSigned
    .filter(({ counted }) => !counted)
    .reduce((sum, row) => sum + row.amount_micro, 0n);
  const { rows } = await sql<{ signed_micro: bigint }>`
    INSERT INTO day_totals (day, signed_micro) VALUES (${limit.day}, ${added})
    ON CONFLICT (day) DO UPDATE SET signed_micro = day_totals.signed_micro + excluded.signed_micro
    RETURNING signed_micro`.execute(dbTx);
  if (added > 0n && (rows[0]?.signed_micro ?? 0n) > limit.dailyMax) throw new Refused("over_daily_limit");
}

function liveBatchOf(row: Selectable<BatchesTable>): LiveBatch {
  return {
    id: row.id,
    purpose: row.purpose,
    state: row.state,
    signature: row.signature,
    raw: row.raw,
    blockhash: row.blockhash,
    lastValidBlockHeight: row.last_valid_block_height,
    minContextSlot: row.min_context_slot,
    memo: row.memo,
    historyAddress: row.history_address,
    total: microLlama(row.total_micro),
    epoch: row.epoch ?? undefined,
    sends: row.sends,
    lastSentAt: row.last_sent_at ?? undefined,
    createdAt: row.created_at,
  };
}

/** Batches whose end is not known, oldest first. */
export async function liveBatches(db: Kysely<TreasurySchema>, limit: number): Promise<LiveBatch[]> {
  const rows = await db
    .selectFrom("batches")
    .selectAll()
    .where("state", "in", ["signed", "sent"])
    .orderBy("created_at")
    .limit(limit)
    .execute();
  return rows.map(liveBatchOf);
}

/** How many batches are live, and what they are about to take from the token account. */
export async function batchesUnderWay(
  db: Kysely<TreasurySchema>,
): Promise<{ readonly count: bigint; readonly total: bigint }> {
  return await db
    .selectFrom("batches")
    .select(sql<bigint>`count(*)`.as("count"))
    .select(sql<bigint>`coalesce(sum(total_micro), 0)::bigint`.as("total"))
    .where("state", "in", ["signed", "sent"])
    .executeTakeFirstOrThrow();
}

/** Whether a signature is that of a batch of ours, whatever became of it. */
export async function batchOfSignature(
  db: Kysely<TreasurySchema>,
  signature: string,
): Promise<{ id: string; state: BatchState; total: bigint } | undefined> {
  const row = await db
    .selectFrom("batches")
    .select(["id", "state", "total_micro"])
    .where("signature", "=", signature)
    .executeTakeFirst();
  return row === undefined ? undefined : { id: row.id, state: row.state, total: row.total_micro };
}

/** Before every send: from now on the batch may be on its way. False: its end is known meanwhile. */
export async function markSent(db: Kysely<TreasurySchema>, id: string): Promise<boolean> {
  const result = await db
    .updateTable("batches")
    .set({ state: "sent", sends: sql`sends + 1`, last_sent_at: sql<Date>`now()` })
    .where("id", "=", id)
    .where("state", "in", ["signed", "sent"])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

async function conclude(
  dbTx: Transaction<TreasurySchema>,
  batch: LiveBatch,
  to: "finalized" | "failed" | "expired",
  more: { readonly landed_slot?: bigint; readonly error?: string } = {},
): Promise<boolean> {
  const result = await dbTx
    .updateTable("batches")
    .set({ state: to, ...more })
    .where("id", "=", batch.id)
    .where("state", "in", ["signed", "sent"])
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

const payoutsOfBatch = (batchId: string) =>
  sql`id IN (SELECT payout_id FROM batch_payouts WHERE batch_id = ${batchId}) AND state = 'batched'`;

/** The batch is finalized: its payouts are paid, and the token account's movement is on record with it. */
export async function concludeLanded(
  db: Kysely<TreasurySchema>,
  batch: LiveBatch,
  movement: Movement | undefined,
  slot: bigint,
): Promise<boolean> {
  return await retrying(db, async (dbTx) => {
    if (!(await conclude(dbTx, batch, "finalized", { landed_slot: slot }))) return false;
    await sql`UPDATE payouts SET state = 'paid' WHERE ${payoutsOfBatch(batch.id)}`.execute(dbTx);
    if (movement !== undefined) await recordMovement(dbTx, movement);
    return true;
  });
}

/** The batch can never land: its payouts wait for another one. */
export async function concludeExpired(db: Kysely<TreasurySchema>, batch: LiveBatch): Promise<boolean> {
  return await retrying(db, async (dbTx) => {
    if (!(await conclude(dbTx, batch, "expired"))) return false;
    await sql`UPDATE payouts SET state = 'reserved' WHERE ${payoutsOfBatch(batch.id)}`.execute(dbTx);
    return true;
  });
}

/** The batch failed on chain: its payouts wait again, divided by `cohortsOf` their number. */
export async function concludeFailed(
  db: Kysely<TreasurySchema>,
  batch: LiveBatch,
  error: string,
  cohortsOf: (count: number) => readonly string[],
): Promise<boolean> {
  return await retrying(db, async (dbTx) => {
    if (!(await conclude(dbTx, batch, "failed", { error }))) return false;
    const payouts = await dbTx
      .selectFrom("batch_payouts as bp")
      .innerJoin("payouts as p", "p.id", "bp.payout_id")
      .select(["p.id", "p.failures"])
      .where("bp.batch_id", "=", batch.id)
      .orderBy("bp.position")
      .execute();
    await sql`UPDATE payouts SET state = 'reserved' WHERE ${payoutsOfBatch(batch.id)}`.execute(dbTx);
    const cohorts = cohortsOf(payouts.length);
    const failed = payouts.length === 1 ? 1 : 0;
    await assignCohorts(
      dbTx,
      new Map(
        payouts.map((payout, index) => [
          payout.id,
          { cohort: cohorts[index] ?? "", failures: payout.failures + failed },
        ]),
      ),
    );
    return true;
  });
}
