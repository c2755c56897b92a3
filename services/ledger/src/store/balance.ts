import type { Database } from "@flock/database";
import { type MicroLlama, microLlama } from "@flock/money";
import type { AccountCode } from "../domain/account-code.js";
import type { LedgerSchema } from "./schema.js";

export interface Balance {
  /** Credits − debits. */
  readonly posted: MicroLlama;
  /** Reserved by open holds. */
  readonly held: MicroLlama;
  /** What the account may spend: posted − held. */
  readonly available: MicroLlama;
}

/** The balance of an account, undefined if it does not exist. */
export async function readBalance(
  db: Database<LedgerSchema>,
  account: AccountCode,
): Promise<Balance | undefined> {
  const row = await db.kysely
    .selectFrom("balances")
    .select(["posted_debit", "posted_credit", "pending_debit"])
    .where("code", "=", account)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const posted = row.posted_credit - row.posted_debit;
  return {
    posted: microLlama(posted),
    held: microLlama(row.pending_debit),
    available: microLlama(posted - row.pending_debit),
  };
}
