import type { Database } from "@flock/database";
import { sql } from "kysely";
import { coolingOf, earningsOf, stakeOf, vestedOf, walletOf } from "../domain/account-code.js";
import type { LedgerSchema } from "./schema.js";

/** Whether any account of the owner was ever opened. Accounts are never closed, so a yes is one for ever. */
export async function ownerExists(db: Database<LedgerSchema>, owner: string): Promise<boolean> {
  const codes = [walletOf, earningsOf, vestedOf, stakeOf, coolingOf].map((codeOf) => codeOf(owner));
  const { rows } = await sql<{ exists: boolean }>`
    SELECT EXISTS (SELECT FROM accounts WHERE code = ANY(${codes}::text[])) AS exists`.execute(db.kysely);
  return rows[0]?.exists === true;
}
