import { sql, type Transaction } from "kysely";
import type { ApiSchema } from "./schema.js";

/**
 * Makes the account if it does not exist yet, and holds it until the transaction ends: how many keys or sessions it has
 * is counted by one at a time.
 */
export async function holdAccount(dbTx: Transaction<ApiSchema>, accountId: string): Promise<void> {
  await sql`INSERT INTO accounts (id) VALUES (${accountId}) ON CONFLICT DO NOTHING`.execute(dbTx);
  await sql`SELECT 1 FROM accounts WHERE id = ${accountId} FOR NO KEY UPDATE`.execute(dbTx);
}
