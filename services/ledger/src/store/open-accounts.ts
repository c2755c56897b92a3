import type pg from "pg";
import type { AccountCode } from "../domain/account-code.js";

const OPEN_ACCOUNTS = `
  WITH opened AS (
    INSERT INTO accounts (kind, owner)
      SELECT split_part(code, ':', 1), split_part(code, ':', 2) FROM unnest($1::text[]) AS code ORDER BY code
    ON CONFLICT (code) DO NOTHING RETURNING id, code)
  SELECT id, code FROM opened UNION SELECT id, code FROM accounts WHERE code = ANY($1::text[])`;

/**
 * Opens the accounts that do not exist and returns the ids of all. A statement and commit of its own: an account with
 * nothing in it harms nobody. In order of their codes, so two processes that open the same ones cannot deadlock.
 */
export async function openAccounts(
  pool: pg.Pool,
  codes: readonly AccountCode[],
): Promise<Map<AccountCode, bigint>> {
  const ids = new Map<AccountCode, bigint>();
  while (ids.size < new Set(codes).size) {
    // A second round is needed only for an account that another process was opening at the same moment.
    const { rows } = await pool.query<{ id: bigint; code: AccountCode }>(OPEN_ACCOUNTS, [codes]);
    for (const row of rows) ids.set(row.code, row.id);
  }
  return ids;
}
