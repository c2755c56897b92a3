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
  };
  challenges: { hash: Buffer; address: string; expires_at: Date };
  sessions: { id: string; account_id: string; hash: Buffer; created_at: Generated<Date>; expires_at: Date };
}
