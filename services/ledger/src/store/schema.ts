import type { ColumnType, Generated } from "kysely";
import type { AccountCode, AccountKind } from "../domain/account-code.js";
import type { TransferKind } from "../domain/operations.js";
import type { TransferPhase } from "../domain/transfer.js";

/** Filled by the database, never written by a client. */
type ByDatabase<T> = ColumnType<T, never, never>;

export interface AccountsTable {
  id: ByDatabase<bigint>;
  kind: ColumnType<AccountKind, AccountKind, never>;
  owner: ColumnType<string, string, never>;
  code: ByDatabase<AccountCode>;
  is_folded: ByDatabase<boolean>;
  may_be_negative: ByDatabase<boolean>;
  posted_debit: ByDatabase<bigint>;
  posted_credit: ByDatabase<bigint>;
  pending_debit: ByDatabase<bigint>;
  pending_credit: ByDatabase<bigint>;
  opened_at: ByDatabase<Date>;
}

export interface CommitsTable {
  first_seq: Generated<bigint>;
  transfer_count: ColumnType<number, number, never>;
  epoch: ByDatabase<bigint>;
  committed_at: ByDatabase<Date>;
  is_folded: ColumnType<boolean, never, boolean>;
  is_chained: ColumnType<boolean, never, boolean>;
}

export interface TransfersTable {
  seq: ColumnType<bigint, bigint, never>;
  id: ColumnType<string, string, never>;
  kind: ColumnType<TransferKind, TransferKind, never>;
  phase: ColumnType<TransferPhase, TransferPhase, never>;
  debit_id: ColumnType<bigint, bigint, never>;
  credit_id: ColumnType<bigint, bigint, never>;
  amount: ColumnType<bigint, bigint, never>;
  fee: ColumnType<bigint | null, bigint | null, never>;
  business_id: ColumnType<string, string, never>;
  linked_id: ColumnType<string | null, string | null, never>;
  pending_id: ColumnType<string | null, string | null, never>;
  timeout_at: ColumnType<Date | null, Date | null, never>;
  request_hash: ColumnType<Buffer | null, Buffer | null, never>;
  created_at: ColumnType<Date, Date, never>;
}

export interface OpenHoldsTable {
  id: ByDatabase<string>;
  debit_id: ByDatabase<bigint>;
  credit_id: ByDatabase<bigint>;
  amount: ByDatabase<bigint>;
  timeout_at: ByDatabase<Date | null>;
}

export interface SettlementsTable {
  job_id: string;
  epoch: bigint;
  wallet_id: bigint;
  earnings_id: bigint;
  requester_id: string;
  model: string;
  model_digest: string;
  prompt_tokens: bigint;
  completion_tokens: bigint;
  prompt_price_micro: bigint;
  completion_price_micro: bigint;
  held_micro: bigint;
  charge_micro: bigint;
  worker_share_micro: bigint;
  protocol_share_micro: bigint;
  worker_share_bps: number;
  receipt_hash: Buffer | null;
  finished_at: Date;
  settled_at: Date;
  worker_id: string | null;
}

/** View: every account's balance, with what is not yet folded into the checkpoints. */
export interface BalancesView {
  id: ByDatabase<bigint>;
  code: ByDatabase<AccountCode>;
  kind: ByDatabase<AccountKind>;
  is_folded: ByDatabase<boolean>;
  may_be_negative: ByDatabase<boolean>;
  posted_debit: ByDatabase<bigint>;
  posted_credit: ByDatabase<bigint>;
  pending_debit: ByDatabase<bigint>;
  pending_credit: ByDatabase<bigint>;
}

/** The ledger's schema as Kysely sees it; a test compares it with the migrated database. */
export interface LedgerSchema {
  accounts: AccountsTable;
  commits: CommitsTable;
  transfers: TransfersTable;
  open_holds: OpenHoldsTable;
  settlements: SettlementsTable;
  balances: BalancesView;
}
