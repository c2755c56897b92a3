import type { Generated } from "kysely";

/** Kysely's view of schema `api`; a test compares it with the migrated database. */
export interface ApiSchema {
  accounts: { id: string; tier: Generated<number>; created_at: Generated<Date> };
  keys: {
    id: string;
    account_id: string;
    hash: Buffer;
    label: string;
    created_at: Generated<Date>;
    revoked_at: Date | null;
  };
}
