import { endsOf } from "@flock/keys";
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

/** Whether the account was ever told how to pay in, and so has a reference key. */
export async function hasReference(db: Kysely<TreasurySchema>, accountId: string): Promise<boolean> {
  const query = db.selectFrom("deposit_references").select("reference").where("account_id", "=", accountId);
  return (await query.executeTakeFirst()) !== undefined;
}

/** An account with a reference key that the name was most likely meant to be, and is not. */
export async function similarReference(
  db: Kysely<TreasurySchema>,
  name: string,
): Promise<string | undefined> {
  const { head, tail } = endsOf(name);
  const { rows } = await sql<{ account_id: string }>`
    SELECT account_id FROM deposit_references
     WHERE (lower(left(account_id, 12) COLLATE "C") = ${head} OR lower(right(account_id, 12) COLLATE "C") = ${tail})
       AND account_id <> ${name}
     LIMIT 1`.execute(db);
  return rows[0]?.account_id;
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
