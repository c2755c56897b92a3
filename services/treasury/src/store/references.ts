import type { Kysely } from "kysely";
import { sql } from "kysely";
import type { TreasurySchema } from "./schema.js";

/** Remembers whose a reference key is. Idempotent. */
export async function rememberReference(
  db: Kysely<TreasurySchema>,
  reference: string,
  accountId: string,
): Promise<void> {
  await db
    .insertInto("deposit_references")
    .values({ reference, account_id: accountId })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** Accounts whose reference keys are among these keys. */
export async function referencedAccounts(
  db: Kysely<TreasurySchema>,
  keys: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ account_id: string }>`
    SELECT account_id FROM deposit_references WHERE reference = ANY(${[...keys]})`.execute(db);
  return rows.map((row) => row.account_id);
}
