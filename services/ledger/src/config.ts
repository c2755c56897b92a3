import { databaseUrl } from "@flock/configuration";
import { readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

const shape = {
  /** `postgres://…`; the ledger owns the schema `ledger` in that database. */
  DATABASE_URL: databaseUrl,
  /** Most operations in one commit. */
  LEDGER_GROUP_MAX: z.coerce.number().int().min(1).max(2_000).default(500),
  /** How often holds past their time are given back. */
  LEDGER_EXPIRY_INTERVAL_MS: z.coerce.number().int().min(10).max(60_000).default(500),
  /** How often balances are checked against each other. */
  LEDGER_AUDIT_INTERVAL_MS: z.coerce.number().int().min(100).max(86_400_000).default(15_000),
  /** How often the books are recomputed from every transfer. */
  LEDGER_FULL_AUDIT_INTERVAL_MS: z.coerce.number().int().min(1_000).max(604_800_000).default(3_600_000),
};

/** The ledger's configuration; throws `invalid_argument` naming every bad variable. */
export function readLedgerConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("LEDGER_", shape, environment);
}

export type LedgerConfig = ReturnType<typeof readLedgerConfig>;
