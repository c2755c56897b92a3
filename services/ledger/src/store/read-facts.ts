import { type MicroLlama, microLlama } from "@flock/money";
import type pg from "pg";
import type { AccountCode } from "../domain/account-code.js";
import type { CooldownFact, Facts, SettlementFact, TransferFact } from "../domain/draft.js";
import { type Operation, ruleOf } from "../domain/operations.js";
import { type CooldownRow, readCooldowns, readSettlements, type SettlementRow } from "./rare-facts.js";

/** The facts of a group, and the ids of the accounts that they name. */
export interface GroupFacts extends Facts {
  readonly accountIds: Map<AccountCode, bigint>;
  readonly available: Map<AccountCode, MicroLlama>;
  readonly transfers: Map<string, TransferFact>;
  readonly settlements: Map<string, SettlementFact>;
  readonly cooldowns: Map<string, CooldownFact>;
}

/** To be filled. */
export function noFacts(): GroupFacts {
  return {
    accountIds: new Map(),
    available: new Map(),
    transfers: new Map(),
    settlements: new Map(),
    cooldowns: new Map(),
  };
}

interface FactRow {
  readonly is_account: boolean;
  readonly id: string;
  readonly account_id: bigint;
  readonly account_code: AccountCode;
  readonly credit_id: bigint | null;
  readonly credit_code: AccountCode | null;
  /** Of a transfer. */
  readonly amount: bigint;
  /** What the account, or the transfer's debit account, can spend; null if it is folded. */
  readonly available: bigint | null;
  readonly hash: string | null;
  readonly is_expired: boolean | null;
  readonly resolved: "post" | "void" | "expire" | null;
  readonly resolved_hash: string | null;
}

/*
 * One round trip for the whole group. It takes no lock: the plan made from it is checked by the database's own rules
 * when it is written, and made again if another ledger process came in between.
 *
 * PostgreSQL plans it once and for ever (see open-database.ts), perhaps by the statistics of a ledger with ten
 * transfers. A join that reads such a table whole would still do so when the table has millions of rows. OFFSET 0 keeps
 * each lookup apart.
 */
const READ_FACTS = `
  SELECT true AS is_account, a.code AS id, a.id AS account_id, a.code AS account_code, NULL::bigint AS credit_id,
         NULL AS credit_code, 0::bigint AS amount, a.posted_credit - a.posted_debit - a.pending_debit AS available,
         NULL AS hash, NULL::boolean AS is_expired, NULL AS resolved, NULL AS resolved_hash
    FROM unnest($1::text[]) AS named (code)
   CROSS JOIN LATERAL (SELECT * FROM accounts WHERE code = named.code COLLATE "C" AND NOT is_folded OFFSET 0) a
  UNION ALL
  SELECT false, t.id, a.id, a.code, c.id, c.code, t.amount,
         CASE WHEN NOT a.is_folded THEN a.posted_credit - a.posted_debit - a.pending_debit END,
         encode(t.request_hash, 'hex'), t.timeout_at <= clock_timestamp(), r.phase::text, encode(r.request_hash, 'hex')
    FROM unnest($2::text[]) AS named (id)
   CROSS JOIN LATERAL (SELECT * FROM transfers WHERE id = named.id COLLATE "C" OFFSET 0) t
   CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = t.debit_id OFFSET 0) a
   CROSS JOIN LATERAL (SELECT * FROM accounts WHERE id = t.credit_id OFFSET 0) c
    LEFT JOIN LATERAL (SELECT * FROM transfers WHERE pending_id = t.id OFFSET 0) r ON true`;

/** Reads what is recorded about operations of a group, as of one moment (per sort of fact), into `facts`. */
export async function readFacts(
  pool: pg.Pool,
  operations: readonly Operation[],
  facts: GroupFacts,
): Promise<void> {
  if (operations.length === 0) return;
  const codes = new Set<AccountCode>();
  const ids = new Set<string>();
  for (const operation of operations) {
    const rule = ruleOf(operation);
    for (const code of rule.touches(operation)) codes.add(code);
    for (const id of rule.names(operation)) ids.add(id);
  }
  const [{ rows }, settlements, cooldowns] = await Promise.all([
    pool.query<FactRow>({ name: "ledger-read-facts", text: READ_FACTS, values: [[...codes], [...ids]] }),
    readSettlements(pool, operations),
    readCooldowns(pool, operations),
  ]);
  addFacts(facts, rows);
  addRareFacts(facts, settlements, cooldowns);
}

function addFacts({ accountIds, available, transfers }: GroupFacts, rows: readonly FactRow[]): void {
  for (const row of rows) {
    accountIds.set(row.account_code, row.account_id);
    if (row.available !== null) available.set(row.account_code, microLlama(row.available));
    if (row.is_account) continue;
    if (row.credit_code !== null && row.credit_id !== null) accountIds.set(row.credit_code, row.credit_id);
    transfers.set(row.id, transferFrom(row));
  }
}

function addRareFacts(
  { accountIds, available, settlements, cooldowns }: GroupFacts,
  settlementRows: readonly SettlementRow[],
  cooldownRows: readonly CooldownRow[],
): void {
  for (const row of settlementRows) {
    accountIds.set(row.wallet, row.wallet_id).set(row.earnings, row.earnings_id);
    available.set(row.wallet, microLlama(row.wallet_available));
    settlements.set(row.job_id, settlementFrom(row));
  }
  for (const row of cooldownRows) {
    accountIds.set(row.cooling, row.cooling_id).set(row.wallet, row.wallet_id);
    const { cooling, remaining, is_due: isDue } = row;
    cooldowns.set(row.request_id, { cooling, remaining: microLlama(remaining), isDue });
  }
}

function transferFrom(row: FactRow): TransferFact {
  const transfer = {
    debit: row.account_code,
    credit: row.credit_code ?? row.account_code,
    amount: microLlama(row.amount),
    requestHash: row.hash ?? undefined,
    isExpired: row.is_expired ?? false,
  };
  if (row.resolved === null) return transfer;
  return { ...transfer, resolution: { phase: row.resolved, requestHash: row.resolved_hash ?? undefined } };
}

function settlementFrom(row: SettlementRow): SettlementFact {
  return {
    wallet: row.wallet,
    earnings: row.earnings,
    charge: microLlama(row.charge),
    workerShare: microLlama(row.worker_share),
    canBeChallenged: row.can_be_challenged,
  };
}
