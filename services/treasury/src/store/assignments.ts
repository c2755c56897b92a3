import type { Kysely } from "kysely";
import type { TreasurySchema } from "./schema.js";

/** An operator's decision to whom a deposit in suspense belongs. */
export interface Assignment {
  readonly signature: string;
  readonly accountId: string;
  readonly operator: string;
  readonly reason: string;
  readonly assignedAt: Date;
}

/** Puts a decision on record; the first one about the same deposit and account stays as it is. */
export async function recordAssignment(
  db: Kysely<TreasurySchema>,
  assignment: Omit<Assignment, "assignedAt">,
): Promise<void> {
  const { signature, accountId, operator, reason } = assignment;
  await db
    .insertInto("assignments")
    .values({ signature, account_id: accountId, assigned_by: operator, reason })
    .onConflict((conflict) => conflict.columns(["signature", "account_id"]).doNothing())
    .execute();
}

/** The decision on record; undefined: no operator gave this deposit to this account. */
export async function readAssignment(
  db: Kysely<TreasurySchema>,
  signature: string,
  accountId: string,
): Promise<Assignment | undefined> {
  const row = await db
    .selectFrom("assignments")
    .selectAll()
    .where("signature", "=", signature)
    .where("account_id", "=", accountId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    signature: row.signature,
    accountId: row.account_id,
    operator: row.assigned_by,
    reason: row.reason,
    assignedAt: row.assigned_at,
  };
}

/** Every account that operators ever decided to give a deposit to. */
export async function assignedAccounts(db: Kysely<TreasurySchema>, signature: string): Promise<string[]> {
  const rows = await db
    .selectFrom("assignments")
    .select("account_id")
    .where("signature", "=", signature)
    .orderBy("assigned_at")
    .execute();
  return rows.map((row) => row.account_id);
}
