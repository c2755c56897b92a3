import type { Generated } from "kysely";
import type { JobRecord } from "../stories/job-record.js";

/** Kysely's view of schema `api`; a test compares it with the migrated database. */
export interface ApiSchema {
  accounts: { id: string; created_at: Generated<Date> };
  keys: {
    id: string;
    account_id: string;
    hash: Buffer;
    label: string;
    created_at: Generated<Date>;
    revoked_at: Date | null;
    expires_at: Date | null;
    scopes: Generated<string[]>;
    models: string[] | null;
    budget_day_micro: bigint | null;
    budget_month_micro: bigint | null;
    requests_per_minute: number | null;
    tokens_per_minute: bigint | null;
    streams_max: number | null;
    prefix: string | null;
    last_used_at: Date | null;
  };
  usage_by_day: {
    key_id: string;
    day: string;
    model: string;
    account_id: string;
    requests: bigint;
    prompt_tokens: bigint;
    completion_tokens: bigint;
    charge_micro: bigint;
  };
  reservations: { job_id: string; key_id: string; amount_micro: bigint; expires_at: Date };
  running_requests: { job_id: string; key_id: string; expires_at: Date };
  key_minutes: { key_id: string; minute: Date; requests: bigint; tokens: bigint };
  usage_position: {
    id: Generated<boolean>;
    stream: string;
    sequence: bigint;
    reader: string | null;
    reader_until: Date;
  };
  jobs: {
    id: string;
    account_id: string;
    key_id: string;
    model: string;
    trace_id: string;
    state: JobRecord["state"];
    created_at: Date;
    finished_at: Date | null;
    lost_at: Date;
    workers: string[];
    privacy: string | null;
    queue_ms: number;
    claim_ms: number;
    prefill_ms: number;
    decode_ms: number;
    total_ms: number;
    prompt_tokens: bigint;
    completion_tokens: bigint;
    completion_tokens_bound: JobRecord["completionTokensBound"];
    charge_micro: bigint;
    done_reason: string;
    error_code: string | null;
    receipt: Buffer | null;
    is_opted_out: boolean;
  };
  secrets: { name: string; value: Buffer; created_at: Generated<Date> };
  challenges: { hash: Buffer; address: string; expires_at: Date };
  delegations: {
    key: string;
    wallet: string;
    payout: string;
    text: string;
    signature: Buffer;
    kept_at: Date;
    expires_at: Date;
  };
  status_sampler: {
    id: Generated<boolean>;
    sampler: string | null;
    sampler_until: Generated<Date>;
    sampled_at: Date | null;
    payouts_halted: boolean | null;
    payouts_reason: string | null;
    payouts_since: Date | null;
  };
  status_incidents: {
    id: string;
    service: string;
    began_at: Date;
    ended_at: Date | null;
    worst: "degraded" | "down";
    effect: string;
    done: string | null;
  };
  status_services: {
    service: string;
    state: string;
    since: Date;
    note: string | null;
    instances: number;
    usual: number;
    fewer_samples: number;
    failed_samples: number;
    failed_since: Date | null;
    good_samples: number;
    good_since: Date | null;
    incident: string | null;
  };
  status_days: { day: string; service: string; ok: number; samples: number };
  sessions: { id: string; account_id: string; hash: Buffer; created_at: Generated<Date>; expires_at: Date };
}
