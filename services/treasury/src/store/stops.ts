import type { Database } from "@flock/database";
import { type Kysely, sql } from "kysely";
import type { TreasurySchema } from "./schema.js";

/** A halt is the treasury's own doing: something does not add up. A pause is an operator's. Both last until lifted. */
export type StopKind = "halt" | "pause";

export interface Stop {
  readonly id: bigint;
  readonly kind: StopKind;
  readonly subject: string;
  readonly reason: string;
  readonly since: Date;
}

const COLUMNS = ["id", "kind", "subject", "reason", "since"] as const;

/** Every stop in force, oldest first. */
export async function stopsInForce(db: Kysely<TreasurySchema>): Promise<Stop[]> {
  return await db.selectFrom("stops").select(COLUMNS).where("lifted_at", "is", null).orderBy("id").execute();
}

/**
 * Puts a stop into force; one of the same kind and subject that is in force already stays as it is. True: it is new.
 */
export async function raiseStop(
  db: Kysely<TreasurySchema>,
  stop: { readonly kind: StopKind; readonly subject: string; readonly reason: string; readonly by: string },
): Promise<boolean> {
  const raised = await db
    .insertInto("stops")
    .values({ kind: stop.kind, subject: stop.subject, reason: stop.reason, raised_by: stop.by })
    .onConflict((conflict) =>
      conflict.columns(["kind", "subject"]).where("lifted_at", "is", null).doNothing(),
    )
    .returning("id")
    .executeTakeFirst();
  return raised !== undefined;
}

/** Ends a stop. False: there is no stop of that id. */
export async function liftStop(
  db: Database<TreasurySchema>,
  id: bigint,
  by: string,
  note: string,
): Promise<boolean> {
  await db.kysely
    .updateTable("stops")
    .set({ lifted_at: sql<Date>`now()`, lifted_by: by, note })
    .where("id", "=", id)
    .where("lifted_at", "is", null)
    .execute();
  const found = await db.kysely.selectFrom("stops").select("id").where("id", "=", id).executeTakeFirst();
  return found !== undefined;
}
