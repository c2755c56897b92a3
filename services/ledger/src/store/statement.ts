import type { Database } from "@flock/database";
import { sql } from "kysely";
import { type AccountCode, PROTOCOL_ACCOUNTS } from "../domain/account-code.js";
import { CREATED_UNIX_MS, type RecordedTransfer } from "./recorded-transfer.js";
import type { LedgerSchema } from "./schema.js";

/** Above every sequence number. */
const END = 2n ** 63n - 1n;

/**
 * The newest transfers of an account before sequence number `before` (all if undefined), newest first; undefined if the
 * account does not exist. They show what it spent, got and had on hold, but not what others held for it.
 *
 * One index range for each side names the rows. Each row may hold two transfers. No index has the fees, which are in
 * nearly every row.
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
  const end = before ?? END;
  const rowsWhere = (condition: ReturnType<typeof sql>) => sql`
    (SELECT seq FROM transfers WHERE ${condition} AND seq < ${end} ORDER BY seq DESC LIMIT ${limit + 1})`;
  const sides = [
    rowsWhere(sql`debit_id = ${found.id}`),
    rowsWhere(sql`credit_id = ${found.id} AND phase IN ('single', 'post')`),
    ...(account === PROTOCOL_ACCOUNTS.fees ? [rowsWhere(sql`fee IS NOT NULL`)] : []),
  ];
  const { rows } = await sql<RecordedTransfer>`
    SELECT t.seq, t.id, t.kind, t.phase, t.amount, t.business_id, ${sql.raw(CREATED_UNIX_MS)}, d.code AS debit_code, c.code AS credit_code
      FROM all_transfers t
      JOIN accounts d ON d.id = t.debit_id
      JOIN accounts c ON c.id = t.credit_id
     WHERE t.row_seq = ANY (ARRAY(${sql.join(sides, sql` UNION ALL `)})) AND t.seq < ${end}
       AND (t.debit_id = ${found.id} OR (t.credit_id = ${found.id} AND t.phase IN ('single', 'post')))
     ORDER BY t.seq DESC LIMIT ${limit}`.execute(db.kysely);
  return rows;
}
