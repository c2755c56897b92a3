import { databaseUrl, integer } from "@flock/configuration";
import { readServiceEnvironment } from "@flock/mesh";

/** The ledger's variables. Their descriptions make the table in the README. */
export const variables = {
  DATABASE_URL: databaseUrl.describe("`postgres://…`; the ledger owns the schema `ledger` in that database"),
  LEDGER_GROUP_MAX: integer(1, 2_000)
    .default(500)
    .describe("most operations in one commit; more make commits cheaper per operation, and longer"),
  LEDGER_EXPIRY_INTERVAL_MS: integer(10, 60_000)
    .default(500)
    .describe("how often holds and cooldowns past their time are given back"),
  LEDGER_AUDIT_INTERVAL_MS: integer(100, 86_400_000)
    .default(15_000)
    .describe("how often balances are checked against each other"),
  LEDGER_FULL_AUDIT_INTERVAL_MS: integer(1_000, 604_800_000)
    .default(3_600_000)
    .describe("how often the books and the hash chain are recomputed from every transfer"),
};

/** The ledger's configuration; throws `invalid_argument` naming every bad variable. */
export function readLedgerConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("LEDGER_", variables, environment);
}

export type LedgerConfig = ReturnType<typeof readLedgerConfig>;
