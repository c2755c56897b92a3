import type { Bundle, BundleJob, LadderState, LadderVerdict, Reading, StandingName } from "@flock/evidence";
import type { ColumnType, JSONColumnType } from "kysely";
import type { CheckState } from "../domain/check.js";
import type { ConsequenceKind, ConsequenceState, VerdictState } from "../domain/verdict.js";

/** Filled by the database, never written by a client. */
type ByDatabase<T> = ColumnType<T, never, never>;
/** Written once. */
type Fixed<T> = ColumnType<T, T, never>;
/** Has a default. */
type Defaulted<T> = ColumnType<T, T | undefined, T>;
/** A UTC day, written as `YYYY-MM-DD`. */
type Day = ColumnType<Date, string, never>;

export interface DayKeysTable {
  day: Day;
  key: Fixed<Uint8Array>;
  key_sha256: Fixed<Uint8Array>;
  created_at: ByDatabase<Date>;
}

export interface DayCountsTable {
  day: Day;
  jobs_seen: Defaulted<bigint>;
  jobs_drawn: Defaulted<bigint>;
  same: Defaulted<bigint>;
  different: Defaulted<bigint>;
  undetermined: Defaulted<bigint>;
  job_tokens: Defaulted<bigint>;
  check_tokens: Defaulted<bigint>;
}

export interface WorkersTable {
  worker_id: Fixed<string>;
  standing: Defaulted<StandingName>;
  ladder: JSONColumnType<LadderState>;
  start: JSONColumnType<Bundle["start"]>;
  start_seq: Defaulted<bigint>;
  since: Defaulted<Date>;
  reason: Defaulted<string>;
  verdict_id: Defaulted<string | null>;
  changes: Defaulted<number>;
  odd_until: Defaulted<Date | null>;
}

export interface CellsTable {
  model_digest: Fixed<string>;
  engine: Fixed<string>;
  hardware: Fixed<string>;
  speculation: Fixed<string>;
  positions: number;
  misses: number;
  surprisal_slack_millinats: number;
  measured_at: Date;
  frozen_until: Date | null;
  loaded_at: ByDatabase<Date>;
}

export interface RefereesTable {
  worker_id: Fixed<string>;
  readings: Defaulted<bigint>;
  disagreements: Defaulted<bigint>;
}

export interface JobsTable {
  job_id: Fixed<string>;
  worker_id: Fixed<string>;
  model: Fixed<string>;
  charge_micro: Fixed<bigint>;
  finished_at: Fixed<Date>;
  is_drawn: Fixed<boolean>;
}

export interface ChecksTable {
  job_id: Fixed<string>;
  state: Defaulted<CheckState>;
  reason: Defaulted<string>;
  worker_id: Fixed<string>;
  payee_id: Fixed<string>;
  model: Fixed<string>;
  model_digest: Fixed<string>;
  requester_id: Fixed<string>;
  leases: Fixed<number>;
  is_cancelled: Fixed<boolean>;
  receipt: Fixed<Uint8Array>;
  signature: Fixed<Uint8Array>;
  signer: Fixed<string>;
  day: Day;
  drawn_at: ByDatabase<Date>;
  claimed_until: ColumnType<Date | null, undefined, Date | null>;
  decided_at: ColumnType<Date | null, undefined, Date>;
  seq: ColumnType<bigint | null, undefined, bigint>;
  evidence: ColumnType<BundleJob | null, undefined, string>;
}

export interface ReadingsTable {
  run_id: Fixed<string>;
  job_id: Fixed<string>;
  referee_id: Fixed<string>;
  payee_id: Fixed<string>;
  tokens: Fixed<number>;
  reading: JSONColumnType<Reading, string, never>;
}

export interface VerdictsTable {
  seq: ByDatabase<bigint>;
  verdict_id: Fixed<string>;
  kind: Fixed<LadderVerdict>;
  state: VerdictState;
  worker_id: Fixed<string>;
  model: Fixed<string>;
  reached_at: Fixed<Date>;
  appeal_until: Fixed<Date | null>;
  jobs: Fixed<number>;
  log_e_millinats: Fixed<bigint>;
  bundle: Fixed<Uint8Array>;
  bundle_sha256: Fixed<Uint8Array>;
  ruling: Defaulted<string>;
  is_upheld: ColumnType<boolean | null, undefined, boolean>;
}

export interface VerdictTransitionsTable {
  from_state: ByDatabase<string>;
  to_state: ByDatabase<string>;
}

export interface ConsequencesTable {
  id: ByDatabase<bigint>;
  verdict_id: Fixed<string>;
  kind: Fixed<ConsequenceKind>;
  subject: Fixed<string>;
  amount_micro: Fixed<bigint>;
  state: Defaulted<ConsequenceState>;
  done_micro: Defaulted<bigint>;
}

export interface OutboxTable {
  id: ByDatabase<bigint>;
  message_id: Fixed<string>;
  subject: Fixed<string>;
  payload: Fixed<Uint8Array>;
  worker_id: Fixed<string>;
  told_at: ColumnType<Date | null, undefined, Date>;
}

/** The verifier's schema as Kysely sees it. */
export interface VerifierSchema {
  day_keys: DayKeysTable;
  day_counts: DayCountsTable;
  workers: WorkersTable;
  cells: CellsTable;
  referees: RefereesTable;
  jobs: JobsTable;
  checks: ChecksTable;
  readings: ReadingsTable;
  verdicts: VerdictsTable;
  verdict_transitions: VerdictTransitionsTable;
  consequences: ConsequencesTable;
  outbox: OutboxTable;
}
