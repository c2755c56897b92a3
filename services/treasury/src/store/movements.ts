import { type MicroLlama, microLlama } from "@flock/money";
import { type Kysely, type Selectable, sql } from "kysely";
import type { SuspenseReason } from "../domain/attribute-deposit.js";
import type { Movement, MovementState } from "../domain/movement.js";
import type { MovementsTable, TreasurySchema } from "./schema.js";

export interface MovementRecord extends Movement {
  readonly seq: bigint;
  readonly seenAt: Date;
}

function recordOf(row: Selectable<MovementsTable>): MovementRecord {
  return {
    seq: row.seq,
    signature: row.signature,
    slot: row.slot,
    delta: row.delta_micro,
    kind: row.kind,
    state: row.state,
    accountId: row.account_id,
    sender: row.sender,
    reason: row.reason,
    named: row.named,
    isDecided: row.is_decided,
    seenAt: row.seen_at,
  };
}

/** Puts a finalized transaction on record, once. False: it is on record. */
export async function recordMovement(db: Kysely<TreasurySchema>, movement: Movement): Promise<boolean> {
  const inserted = await db
    .insertInto("movements")
    .values({
      signature: movement.signature,
      slot: movement.slot,
      delta_micro: movement.delta,
      kind: movement.kind,
      state: movement.state,
      account_id: movement.accountId,
      sender: movement.sender,
      reason: movement.reason,
      named: movement.named,
      is_decided: movement.isDecided,
    })
    .onConflict((conflict) => conflict.column("signature").doNothing())
    .returning("signature")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Those of the signatures that are on record. */
export async function knownMovements(
  db: Kysely<TreasurySchema>,
  signatures: readonly string[],
): Promise<ReadonlySet<string>> {
  if (signatures.length === 0) return new Set();
  const { rows } = await sql<{ signature: string }>`
    SELECT signature FROM movements WHERE signature = ANY(${[...signatures]})`.execute(db);
  return new Set(rows.map(({ signature }) => signature));
}

/** Deposits of which it is not decided yet whether the account that they name is credited, oldest first. */
export async function undecidedDeposits(
  db: Kysely<TreasurySchema>,
  limit: number,
): Promise<MovementRecord[]> {
  const rows = await db
    .selectFrom("movements")
    .selectAll()
    .where("state", "=", "seen")
    .where("is_decided", "=", false)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map(recordOf);
}

/** Decides, once and for ever: credited to the account that it names, or to suspense for that reason. */
export async function decideDeposit(
  db: Kysely<TreasurySchema>,
  signature: string,
  decision: "credit" | SuspenseReason,
): Promise<void> {
  await db
    .updateTable("movements")
    .set({ is_decided: true, ...(decision === "credit" ? {} : { account_id: "", reason: decision }) })
    .where("signature", "=", signature)
    .where("is_decided", "=", false)
    .execute();
}

/** Deposits and custody that the ledger has not confirmed, and is to be told of, oldest first. */
export async function unbookedMovements(
  db: Kysely<TreasurySchema>,
  limit: number,
): Promise<MovementRecord[]> {
  const rows = await db
    .selectFrom("movements")
    .selectAll()
    .where("state", "=", "seen")
    .where("is_decided", "=", true)
    .orderBy("seq")
    .limit(limit)
    .execute();
  return rows.map(recordOf);
}

/** Moves a movement on if it is still in `from`. */
export async function advanceMovement(
  db: Kysely<TreasurySchema>,
  signature: string,
  from: MovementState,
  to: MovementState,
  accountId?: string,
): Promise<boolean> {
  const result = await db
    .updateTable("movements")
    .set({ state: to, ...(accountId === undefined ? {} : { account_id: accountId }) })
    .where("signature", "=", signature)
    .where("state", "=", from)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function readMovementRecord(
  db: Kysely<TreasurySchema>,
  signature: string,
): Promise<MovementRecord | undefined> {
  const row = await db
    .selectFrom("movements")
    .selectAll()
    .where("signature", "=", signature)
    .executeTakeFirst();
  return row === undefined ? undefined : recordOf(row);
}

/** Deposits of an account, or those from a sender that are in suspense; newest first. */
export async function readDeposits(
  db: Kysely<TreasurySchema>,
  whose: { readonly accountId: string } | { readonly sender: string },
  limit: number,
  before?: bigint,
): Promise<MovementRecord[]> {
  let query = db.selectFrom("movements").selectAll().where("kind", "=", "deposit").orderBy("seq", "desc");
  query =
    "accountId" in whose
      ? query.where("account_id", "=", whose.accountId)
      : query.where("sender", "=", whose.sender).where("state", "=", "suspended");
  if (before !== undefined) query = query.where("seq", "<", before);
  return (await query.limit(limit).execute()).map(recordOf);
}

/** Every deposit in suspense, newest first. */
export async function readSuspense(
  db: Kysely<TreasurySchema>,
  limit: number,
  before?: bigint,
): Promise<MovementRecord[]> {
  let query = db.selectFrom("movements").selectAll().where("state", "=", "suspended").orderBy("seq", "desc");
  if (before !== undefined) query = query.where("seq", "<", before);
  return (await query.limit(limit).execute()).map(recordOf);
}

/** Whether anything was ever recorded: from then on, the token account exists. */
export async function hasMovements(db: Kysely<TreasurySchema>): Promise<boolean> {
  return (await db.selectFrom("movements").select("seq").limit(1).executeTakeFirst()) !== undefined;
}

/** What left in foreign transactions and has not come back, in base units. */
export async function readLoss(db: Kysely<TreasurySchema>): Promise<bigint> {
  const { rows } = await sql<{ loss: bigint }>`
    SELECT -coalesce(sum(delta_micro), 0)::bigint AS loss FROM movements WHERE kind = 'foreign'`.execute(db);
  return rows[0]?.loss ?? 0n;
}

/** Sum of all recorded changes in slots up to `slot`: what the token account held then, if nothing is missing. */
export async function recordedHoldings(db: Kysely<TreasurySchema>, slot: bigint): Promise<MicroLlama> {
  const { rows } = await sql<{ held: bigint }>`
    SELECT h.sum_micro - coalesce((SELECT sum(delta_micro) FROM movements WHERE slot > ${slot}), 0)::bigint AS held
      FROM holdings h`.execute(db);
  return microLlama(rows[0]?.held ?? 0n);
}

/** Of these signatures, those that are not on record: what our live batches among them take, and how many others. */
export async function sumUnrecorded(
  db: Kysely<TreasurySchema>,
  signatures: readonly string[],
): Promise<{ readonly takenByBatches: bigint; readonly others: bigint }> {
  if (signatures.length === 0) return { takenByBatches: 0n, others: 0n };
  const { rows } = await sql<{ taken: bigint; others: bigint }>`
    SELECT coalesce(sum(b.total_micro), 0)::bigint AS taken, count(*) FILTER (WHERE b.id IS NULL) AS others
      FROM unnest(${[...signatures]}::text[]) AS listed (signature)
      LEFT JOIN batches b ON b.signature = listed.signature AND b.state IN ('signed', 'sent', 'finalized')
     WHERE NOT EXISTS (SELECT FROM movements m WHERE m.signature = listed.signature)`.execute(db);
  return { takenByBatches: rows[0]?.taken ?? 0n, others: rows[0]?.others ?? 0n };
}

/** The treasury's half of invariant 3, in one snapshot (see domain/check-books.ts). */
export interface OwnBooks {
  readonly holdings: MicroLlama;
  /** Of payouts whose transaction is part of the holdings already. */
  readonly unposted: MicroLlama;
  readonly uncredited: MicroLlama;
  /** Another one whenever one of the above changed: the latter two only shrink unless a movement is added. */
  readonly version: string;
}

export async function readOwnBooks(db: Kysely<TreasurySchema>): Promise<OwnBooks> {
  const { rows } = await sql<{ holdings: bigint; newest: bigint; uncredited: bigint; unposted: bigint }>`
    SELECT h.sum_micro AS holdings,
           (SELECT coalesce(max(seq), 0) FROM movements) AS newest,
           (SELECT coalesce(sum(delta_micro), 0)::bigint FROM movements WHERE state = 'seen') AS uncredited,
           (SELECT coalesce(sum(p.amount_micro), 0)::bigint
              FROM payouts p
              JOIN batch_payouts bp ON bp.payout_id = p.id AND bp.is_live
              JOIN batches b ON b.id = bp.batch_id
              JOIN movements m ON m.signature = b.signature AND m.delta_micro < 0
             WHERE p.state IN ('batched', 'paid')) AS unposted
      FROM holdings h`.execute(db);
  const [row] = rows;
  if (row === undefined) throw new Error("the row of holdings is missing");
  return {
    holdings: microLlama(row.holdings),
    unposted: microLlama(row.unposted),
    uncredited: microLlama(row.uncredited),
    version: [row.newest, row.uncredited, row.unposted].join("/"),
  };
}
