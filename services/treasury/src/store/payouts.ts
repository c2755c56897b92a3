import type { FlockError, FlockErrorCode } from "@flock/errors";
import { microLlama } from "@flock/money";
import { type Kysely, type Selectable, sql } from "kysely";
import type { PayoutOrder, PayoutState, WaitingPayout } from "../domain/payout.js";
import type { PayoutsTable, TreasurySchema } from "./schema.js";

/** A payout as it is written down. */
export interface PayoutRecord extends PayoutOrder {
  readonly seq: bigint;
  readonly state: PayoutState;
  /** Why it was refused, or given back; empty: neither. */
  readonly reason: string;
  /** With what it was refused; undefined: it was not. */
  readonly refusedWith: FlockErrorCode | undefined;
  /** What its wallet signed; undefined for earnings. */
  readonly requestText: string | undefined;
  /** Of the newest batch it is or was in; empty: none yet. */
  readonly signature: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

type Row = Selectable<PayoutsTable> & { signature: string | null };

const withSignature = (db: Kysely<TreasurySchema>) =>
  db
    .selectFrom("payouts as p")
    .selectAll("p")
    .select(
      sql<string | null>`(SELECT b.signature FROM batch_payouts bp JOIN batches b ON b.id = bp.batch_id
        WHERE bp.payout_id = p.id ORDER BY bp.is_live DESC, b.created_at DESC LIMIT 1)`.as("signature"),
    );

function recordOf(row: Row): PayoutRecord {
  return {
    ...orderOf(row),
    seq: row.seq,
    state: row.state,
    reason: row.reason,
    refusedWith: row.reason_code === "" ? undefined : row.reason_code,
    requestText: row.request_text ?? undefined,
    signature: row.signature ?? "",
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function orderOf(row: Selectable<PayoutsTable>): PayoutOrder {
  return {
    id: row.id,
    origin: row.origin,
    ledgerAccount: row.ledger_account,
    recipient: row.recipient,
    amount: microLlama(row.amount_micro),
  };
}

/** What a wallet signed. */
export interface SignedRequest {
  readonly text: string;
  readonly signature: Uint8Array;
}

/**
 * Writes a payout down as requested. Whoever asks again under the same id gets the payout that was written down first,
 * which may be another one: the caller compares.
 */
export async function recordPayout(
  db: Kysely<TreasurySchema>,
  order: PayoutOrder,
  request?: SignedRequest,
): Promise<PayoutRecord> {
  await db
    .insertInto("payouts")
    .values({
      id: order.id,
      origin: order.origin,
      ledger_account: order.ledgerAccount,
      recipient: order.recipient,
      amount_micro: order.amount,
      request_text: request?.text ?? null,
      request_signature: request === undefined ? null : Buffer.from(request.signature),
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  const found = await readPayout(db, order.id);
  if (found === undefined) throw new Error(`payout ${order.id} was written down and is not there`);
  return found;
}

export async function readPayout(db: Kysely<TreasurySchema>, id: string): Promise<PayoutRecord | undefined> {
  const row = await withSignature(db).where("p.id", "=", id).executeTakeFirst();
  return row === undefined ? undefined : recordOf(row);
}

/** Payouts of a ledger account before sequence number `before` (undefined: all), newest first. */
export async function readPayoutsOf(
  db: Kysely<TreasurySchema>,
  ledgerAccount: string,
  limit: number,
  before?: bigint,
): Promise<PayoutRecord[]> {
  let query = withSignature(db).where("p.ledger_account", "=", ledgerAccount).orderBy("p.seq", "desc");
  if (before !== undefined) query = query.where("p.seq", "<", before);
  return (await query.limit(limit).execute()).map(recordOf);
}

/** Payouts in a state, oldest first. */
export async function payoutsIn(
  db: Kysely<TreasurySchema>,
  state: PayoutState,
  limit: number,
): Promise<PayoutRecord[]> {
  const rows = await withSignature(db).where("p.state", "=", state).orderBy("p.seq").limit(limit).execute();
  return rows.map(recordOf);
}

/** A payout in the queue for batches. */
export interface QueuedPayout extends WaitingPayout {
  readonly waitingSince: Date;
  /** It was signed before, and counted against the limit of that day. */
  readonly wasSigned: boolean;
}

/** Reserved payouts, in the order in which they are to be batched: cohorts of failed batches first, then by age. */
export async function waitingPayouts(db: Kysely<TreasurySchema>, limit: number): Promise<QueuedPayout[]> {
  const rows = await db
    .selectFrom("payouts")
    .selectAll()
    .where("state", "=", "reserved")
    .orderBy(sql`cohort = ''`)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    ...orderOf(row),
    cohort: row.cohort,
    failures: row.failures,
    waitingSince: row.updated_at,
    wasSigned: row.signed_day !== null,
  }));
}

/** Moves a payout on if it is still in `from`. False: somebody else was quicker. */
export async function advancePayout(
  db: Kysely<TreasurySchema>,
  id: string,
  from: PayoutState,
  to: PayoutState,
  reason = "",
): Promise<boolean> {
  const result = await db
    .updateTable("payouts")
    .set({ state: to, ...(reason === "" ? {} : { reason }) })
    .where("id", "=", id)
    .where("state", "=", from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** `requested` → `refused`, for good. False: somebody else was quicker. */
export async function refusePayout(
  db: Kysely<TreasurySchema>,
  id: string,
  { code, message }: Pick<FlockError, "code" | "message">,
): Promise<boolean> {
  const result = await db
    .updateTable("payouts")
    .set({ state: "refused", reason_code: code, reason: message })
    .where("id", "=", id)
    .where("state", "=", "requested")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** `requested` → `reserved`, counted against the day's limit. */
export async function markReserved(
  db: Kysely<TreasurySchema>,
  payout: PayoutOrder,
  day: string,
): Promise<boolean> {
  return await db.transaction().execute(async (dbTx) => {
    if (!(await advancePayout(dbTx, payout.id, "requested", "reserved"))) return false;
    await dbTx
      .insertInto("day_totals")
      .values({ day, reserved_micro: payout.amount })
      .onConflict((conflict) =>
        conflict.column("day").doUpdateSet({
          reserved_micro: sql`day_totals.reserved_micro + excluded.reserved_micro`,
        }),
      )
      .execute();
    return true;
  });
}

/** Gives cohorts to waiting payouts, so that a poison among them is found. */
export async function assignCohorts(
  db: Kysely<TreasurySchema>,
  cohorts: ReadonlyMap<string, { readonly cohort: string; readonly failures: number }>,
): Promise<void> {
  for (const [id, { cohort, failures }] of cohorts) {
    await db
      .updateTable("payouts")
      .set({ cohort, failures })
      .where("id", "=", id)
      .where("state", "=", "reserved")
      .execute();
  }
}

/** What was reserved and what was signed on a UTC day. */
export async function dayTotals(
  db: Kysely<TreasurySchema>,
  day: string,
): Promise<{ reserved: bigint; signed: bigint }> {
  const row = await db
    .selectFrom("day_totals")
    .select(["reserved_micro", "signed_micro"])
    .where("day", "=", sql<Date>`${day}::date`)
    .executeTakeFirst();
  return { reserved: row?.reserved_micro ?? 0n, signed: row?.signed_micro ?? 0n };
}

export interface PayoutTotal {
  readonly state: PayoutState;
  readonly count: bigint;
  readonly sum: bigint;
}

/** How many payouts there are in each unfinished state, and over what. */
export async function unfinishedPayouts(db: Kysely<TreasurySchema>): Promise<PayoutTotal[]> {
  return await db
    .selectFrom("payouts")
    .select(["state"])
    .select(sql<bigint>`count(*)`.as("count"))
    .select(sql<bigint>`sum(amount_micro)::bigint`.as("sum"))
    .where("state", "in", ["requested", "reserved", "batched", "paid", "rejected"])
    .groupBy("state")
    .orderBy("state")
    .execute();
}
