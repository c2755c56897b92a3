import { type Kysely, sql } from "kysely";
import type { TreasurySchema } from "./schema.js";

/** An epoch whose root is to be, or was, written to the chain. */
export interface Anchor {
  readonly epoch: bigint;
  readonly root: Uint8Array;
}

/** Notes that an epoch is to be anchored. Idempotent. */
export async function noteAnchor(db: Kysely<TreasurySchema>, anchor: Anchor): Promise<void> {
  await db
    .insertInto("anchors")
    .values({ epoch: anchor.epoch, root: Buffer.from(anchor.root) })
    .onConflict((conflict) => conflict.column("epoch").doNothing())
    .execute();
}

/** Anchors without a live batch: to be signed. */
export async function unsignedAnchors(db: Kysely<TreasurySchema>, limit: number): Promise<Anchor[]> {
  const { rows } = await sql<Anchor>`
    SELECT a.epoch, a.root FROM anchors a
     WHERE a.told_at IS NULL AND NOT EXISTS (
       SELECT FROM batches b WHERE b.epoch = a.epoch AND b.purpose = 'anchor' AND b.state IN ('signed', 'sent', 'finalized'))
     ORDER BY a.epoch LIMIT ${limit}`.execute(db);
  return rows;
}

/** Anchors that are finalized on chain and that the ledger does not know of. */
export async function untoldAnchors(
  db: Kysely<TreasurySchema>,
  limit: number,
): Promise<(Anchor & { readonly signature: string })[]> {
  const { rows } = await sql<Anchor & { readonly signature: string }>`
    SELECT a.epoch, a.root, b.signature FROM anchors a
      JOIN batches b ON b.epoch = a.epoch AND b.purpose = 'anchor' AND b.state = 'finalized'
     WHERE a.told_at IS NULL ORDER BY a.epoch LIMIT ${limit}`.execute(db);
  return rows;
}

export async function markAnchorTold(db: Kysely<TreasurySchema>, epoch: bigint): Promise<void> {
  await db.updateTable("anchors").set({ told_at: sql<Date>`now()` }).where("epoch", "=", epoch).execute();
}

/** The pass over payable workers for an epoch: where it goes on, or undefined if it is done. Begun if it is new. */
export async function earningsRound(
  db: Kysely<TreasurySchema>,
  epoch: bigint,
): Promise<{ readonly cursor: string } | undefined> {
  await db
    .insertInto("earnings_rounds")
    .values({ epoch })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await db
    .selectFrom("earnings_rounds")
    .select(["cursor", "is_done"])
    .where("epoch", "=", epoch)
    .executeTakeFirstOrThrow();
  return row.is_done ? undefined : { cursor: row.cursor };
}

/** Notes how far the pass has come; an empty cursor ends it. */
export async function advanceEarningsRound(
  db: Kysely<TreasurySchema>,
  epoch: bigint,
  cursor: string,
): Promise<void> {
  await db
    .updateTable("earnings_rounds")
    .set({ cursor, is_done: cursor === "" })
    .where("epoch", "=", epoch)
    .execute();
}
