/*
 * Facts that only rare operations need: settlements for what verdicts do, cooldowns for releases and slashes.
 */
import type pg from "pg";
import type { AccountCode } from "../domain/account-code.js";
import { type Operation, ruleOf } from "../domain/operations.js";
import { transferId } from "../domain/transfer.js";

export interface SettlementRow {
  readonly job_id: string;
  readonly wallet_id: bigint;
  readonly wallet: AccountCode;
  readonly wallet_available: bigint;
  readonly earnings_id: bigint;
  readonly earnings: AccountCode;
  readonly charge: bigint;
  readonly worker_share: bigint;
  readonly can_be_challenged: boolean;
}

export interface CooldownRow {
  readonly request_id: string;
  readonly cooling_id: bigint;
  readonly cooling: AccountCode;
  /** Opened by the stake that was unstaked. */
  readonly wallet_id: bigint;
  readonly wallet: AccountCode;
  readonly remaining: bigint;
  readonly is_due: boolean;
}

const READ_SETTLEMENTS = `
  SELECT s.job_id, w.id AS wallet_id, w.code AS wallet, w.posted_credit - w.posted_debit - w.pending_debit AS wallet_available,
         e.id AS earnings_id, e.code AS earnings, s.charge_micro AS charge, s.worker_share_micro AS worker_share,
         p.state IN ('open', 'ended') AS can_be_challenged
    FROM settlements s
    JOIN accounts w ON w.id = s.wallet_id
    JOIN accounts e ON e.id = s.earnings_id
    JOIN epochs p ON p.number = s.epoch
   WHERE s.job_id = ANY($1::text[])`;

const READ_COOLDOWNS = `
  SELECT substr(c.id, length('unstake:') + 1) AS request_id, a.id AS cooling_id, a.code AS cooling,
         w.id AS wallet_id, w.code AS wallet, c.remaining, c.release_at <= now() AS is_due
    FROM cooldowns c
    JOIN accounts a ON a.id = c.cooling_id
    JOIN accounts w ON w.code = ('wallet:' || a.owner) COLLATE "C"
   WHERE c.id = ANY($1::text[]) OR a.code = ANY($2::text[])
   ORDER BY c.release_at, c.id`;

/** The settlements that the operations name. */
export async function readSettlements(
  pool: pg.Pool,
  operations: readonly Operation[],
): Promise<SettlementRow[]> {
  const jobIds = operations.flatMap((operation) => ruleOf(operation).settlements?.(operation) ?? []);
  if (jobIds.length === 0) return [];
  const { rows } = await pool.query<SettlementRow>(READ_SETTLEMENTS, [jobIds]);
  return rows;
}

/** The cooldowns that the operations name, in the order in which slashes take from them. */
export async function readCooldowns(pool: pg.Pool, operations: readonly Operation[]): Promise<CooldownRow[]> {
  const named = operations.flatMap((operation) => ruleOf(operation).cooldowns?.(operation) ?? []);
  if (named.length === 0) return [];
  const ids = named.flatMap(({ requestIds }) => requestIds.map((id) => transferId("unstake", id)));
  const accounts = named.flatMap((cooldowns) => cooldowns.accounts);
  const { rows } = await pool.query<CooldownRow>(READ_COOLDOWNS, [ids, accounts]);
  return rows;
}
