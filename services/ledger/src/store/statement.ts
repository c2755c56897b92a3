import type { Database } from "@flock/database";
import { sql } from "kysely";
import type { AccountCode } from "../domain/account-code.js";
import { CREATED_UNIX_MS, type RecordedTransfer } from "./recorded-transfer.js";
import type { LedgerSchema } from "./schema.js";

/**
 * The newest transfers of an account before sequence number `before` (all if undefined), newest first; undefined if the
 * account does not exist. What it spent, got, and had on hold; not what others held towards it. One index range for
 * each side.
 */
export async function readStatement(
  db: Database<LedgerSchema>,
  account: AccountCode,
  limit: number,
  before?: bigint,
): Promise<RecordedTransfer[] | undefined> {
  const found = await db.kysely
    .selectFrom("accounts")
    .select("id")
    .where("code", "=", account)
    .executeTakeFirst();
  if (found === undefined) return undefined;
  const side = (condition: ReturnType<typeof sql>) => sql`
    (SELECT * FROM transfers WHERE ${condition} AND seq < ${before ?? sql`9223372036854775807`} ORDER BY seq DESC LIMIT ${limit})`;
  const { rows } = await sql<RecordedTransfer>`
    SELECT t.seq, t.id, t.kind, t.phase, t.amount, t.business_id, ${sql.raw(CREATED_UNIX_MS)}, d.code AS debit_code, c.code AS credit_code
      FROM (${side(sql`debit_id = ${found.id}`)} UNION ALL
            ${side(sql`credit_id = ${found.id} AND phase IN ('single', 'post')`)}) t
      JOIN accounts d ON d.id = t.debit_id
      JOIN accounts c ON c.id = t.credit_id
     ORDER BY t.seq DESC LIMIT ${limit}`.execute(db.kysely);
  return rows;
}
