import type { Generated } from "kysely";

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
  secrets: { name: string; value: Buffer; created_at: Generated<Date> };
  challenges: { hash: Buffer; address: string; expires_at: Date };
  sessions: { id: string; account_id: string; hash: Buffer; created_at: Generated<Date>; expires_at: Date };
}
