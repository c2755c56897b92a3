import type { FlockErrorCode } from "@flock/errors";
import type { ColumnType } from "kysely";
import type { BatchPurpose, BatchState } from "../domain/batch.js";
import type { MovementKind, MovementState } from "../domain/movement.js";
import type { PayoutOrigin, PayoutState } from "../domain/payout.js";

/** Filled by the database, never written by a client. */
type ByDatabase<T> = ColumnType<T, never, never>;
/** Written once. */
type Fixed<T> = ColumnType<T, T, never>;
/** Has a default. */
type Defaulted<T> = ColumnType<T, T | undefined, T>;

export interface PayoutsTable {
  seq: ByDatabase<bigint>;
  id: Fixed<string>;
  origin: Fixed<PayoutOrigin>;
  ledger_account: Fixed<string>;
  recipient: Fixed<string>;
  amount_micro: Fixed<bigint>;
  request_text: Fixed<string | null>;
  request_signature: Fixed<Uint8Array | null>;
  state: Defaulted<PayoutState>;
  reason: Defaulted<string>;
  /** Of a refusal; empty: it was not refused. */
  reason_code: Defaulted<FlockErrorCode | "">;
  cohort: Defaulted<string>;
  failures: Defaulted<number>;
  signed_day: ColumnType<Date | null, undefined, string>;
  created_at: ByDatabase<Date>;
  updated_at: ByDatabase<Date>;
}

export interface DayTotalsTable {
  day: ColumnType<Date, string, never>;
  reserved_micro: Defaulted<bigint>;
  signed_micro: Defaulted<bigint>;
}

export interface EarningsRoundsTable {
  epoch: Fixed<bigint>;
  cursor: Defaulted<string>;
  is_done: Defaulted<boolean>;
  begun_at: ByDatabase<Date>;
}

export interface BatchesTable {
  id: Fixed<string>;
  purpose: Fixed<BatchPurpose>;
  state: Defaulted<BatchState>;
  signature: Fixed<string>;
  raw: Fixed<Uint8Array>;
  blockhash: Fixed<string>;
  last_valid_block_height: Fixed<bigint>;
  min_context_slot: Fixed<bigint>;
  memo: Fixed<string>;
  history_address: Fixed<string>;
  total_micro: Fixed<bigint>;
  epoch: Fixed<bigint | null>;
  sends: Defaulted<number>;
  last_sent_at: ColumnType<Date | null, undefined, Date>;
  landed_slot: ColumnType<bigint | null, undefined, bigint>;
  error: Defaulted<string>;
  created_at: ByDatabase<Date>;
  updated_at: ByDatabase<Date>;
}

export interface BatchPayoutsTable {
  batch_id: Fixed<string>;
  payout_id: Fixed<string>;
  position: Fixed<number>;
  is_live: ColumnType<boolean, undefined, never>;
}

export interface AnchorsTable {
  epoch: Fixed<bigint>;
  root: Fixed<Uint8Array>;
  told_at: ColumnType<Date | null, undefined, Date>;
  seen_at: ByDatabase<Date>;
}

export interface StopsTable {
  id: ByDatabase<bigint>;
  kind: Fixed<"halt" | "pause">;
  subject: Fixed<string>;
  reason: Fixed<string>;
  since: ByDatabase<Date>;
  raised_by: Fixed<string>;
  lifted_at: ColumnType<Date | null, undefined, Date>;
  lifted_by: ColumnType<string | null, undefined, string>;
  note: ColumnType<string | null, undefined, string>;
}

export interface MovementsTable {
  seq: ByDatabase<bigint>;
  signature: Fixed<string>;
  slot: Fixed<bigint>;
  delta_micro: Fixed<bigint>;
  kind: Fixed<MovementKind>;
  state: ColumnType<MovementState, MovementState, MovementState>;
  account_id: Defaulted<string>;
  sender: ColumnType<string, string | undefined, never>;
  reason: ColumnType<string, string | undefined, string>;
  seen_at: ByDatabase<Date>;
  updated_at: ByDatabase<Date>;
  named: ColumnType<string, string | undefined, never>;
  is_decided: ColumnType<boolean, boolean | undefined, boolean>;
}

export interface AssignmentsTable {
  signature: Fixed<string>;
  account_id: Fixed<string>;
  assigned_by: Fixed<string>;
  reason: Fixed<string>;
  assigned_at: ByDatabase<Date>;
}

export interface DepositReferencesTable {
  reference: Fixed<string>;
  account_id: Fixed<string>;
}

export interface HoldingsTable {
  is_the_one: ByDatabase<boolean>;
  sum_micro: ByDatabase<bigint>;
}

export interface TransitionsTable {
  subject: ByDatabase<string>;
  from_state: ByDatabase<string>;
  to_state: ByDatabase<string>;
}

/** The treasury's schema as Kysely sees it; a test compares it with the migrated database. */
export interface TreasurySchema {
  payouts: PayoutsTable;
  day_totals: DayTotalsTable;
  earnings_rounds: EarningsRoundsTable;
  batches: BatchesTable;
  batch_payouts: BatchPayoutsTable;
  anchors: AnchorsTable;
  stops: StopsTable;
  movements: MovementsTable;
  assignments: AssignmentsTable;
  holdings: HoldingsTable;
  deposit_references: DepositReferencesTable;
  transitions: TransitionsTable;
}
