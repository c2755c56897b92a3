import { type MicroLlama, microLlama } from "@flock/money";
import type pg from "pg";
import type { AccountCode } from "../domain/account-code.js";
import type { Operation } from "../domain/operation.js";
import type { Facts, HoldFact } from "../domain/plan-group.js";
import { transferId } from "../domain/transfer.js";
import { accountsTouched } from "./accounts-touched.js";

/** The facts of a group, and the ids of the accounts that they name. */
export interface GroupFacts extends Facts {
  readonly accountIds: ReadonlyMap<AccountCode, bigint>;
}

interface FactRow {
  readonly kind: "account" | "hold" | "grant";
  readonly key: string;
  readonly account_id: bigint;
  readonly account_code: AccountCode;
  readonly micro: bigint;
  readonly hash: string | null;
  readonly is_expired: boolean | null;
  readonly resolved: "post" | "void" | "expire" | null;
  readonly resolved_hash: string | null;
}

/*
 * One round trip for the whole group. It takes no lock: the plan made from it is checked by the database's own rules
 * when it is written, and made again if another ledger process came in between.
 */
const READ_FACTS = `
  SELECT 'account' AS kind, code AS key, id AS account_id, code AS account_code,
         posted_credit - posted_debit - pending_debit AS micro,
         NULL AS hash, NULL::boolean AS is_expired, NULL AS resolved, NULL AS resolved_hash
    FROM accounts WHERE code = ANY($1::text[]) AND NOT is_folded
  UNION ALL
  SELECT t.kind::text, t.business_id, a.id, a.code, t.amount, encode(t.request_hash, 'hex'),
         t.timeout_at <= clock_timestamp(), r.phase::text, encode(r.request_hash, 'hex')
    FROM transfers t JOIN accounts a ON a.id = t.debit_id LEFT JOIN transfers r ON r.pending_id = t.id
   WHERE t.id = ANY($2::text[])`;

/** Reads what is recorded about the operations of a group, as of one moment. */
export async function readFacts(pool: pg.Pool, operations: readonly Operation[]): Promise<GroupFacts> {
  const codes = new Set<AccountCode>();
  const ids = new Set<string>();
  for (const operation of operations) {
    for (const code of accountsTouched(operation)) codes.add(code);
    ids.add(
      operation.kind === "grant"
        ? transferId("grant", operation.transferId)
        : transferId("hold", operation.jobId),
    );
  }
  const { rows } = await pool.query<FactRow>({
    name: "ledger-read-facts",
    text: READ_FACTS,
    values: [[...codes], [...ids]],
  });
  return factsFrom(rows);
}

function factsFrom(rows: readonly FactRow[]): GroupFacts {
  const accountIds = new Map<AccountCode, bigint>();
  const available = new Map<AccountCode, MicroLlama>();
  const holds = new Map<string, HoldFact>();
  const grants = new Map<string, string | undefined>();
  for (const row of rows) {
    accountIds.set(row.account_code, row.account_id);
    if (row.kind === "account") available.set(row.account_code, microLlama(row.micro));
    else if (row.kind === "grant") grants.set(row.key, row.hash ?? undefined);
    else holds.set(row.key, holdFrom(row));
  }
  return { accountIds, available, holds, grants };
}

function holdFrom(row: FactRow): HoldFact {
  const hold = {
    wallet: row.account_code,
    amount: microLlama(row.micro),
    requestHash: row.hash ?? undefined,
    isExpired: row.is_expired ?? false,
  };
  if (row.resolved === null) return hold;
  return { ...hold, resolution: { phase: row.resolved, requestHash: row.resolved_hash ?? undefined } };
}
