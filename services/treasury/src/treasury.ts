import type { Database } from "@flock/database";
import type { Clock } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { Signer } from "./chain/chain.js";
import type { Endpoints } from "./chain/endpoints.js";
import type { LimitsSource } from "./domain/limits.js";
import type { Ledger } from "./ledger.js";
import type { TreasuryMetrics } from "./metrics.js";
import type { SolanaTransactions } from "./solana/transactions.js";
import type { TreasuryAccounts } from "./solana/treasury-accounts.js";
import type { TreasurySchema } from "./store/schema.js";
import { raiseStop, stopsInForce } from "./store/stops.js";

/** What every part of the treasury works with. */
export interface Treasury {
  readonly db: Database<TreasurySchema>;
  readonly endpoints: Endpoints;
  readonly ledger: Ledger;
  readonly signer: Signer;
  readonly accounts: TreasuryAccounts;
  readonly transactions: SolanaTransactions;
  /** Genesis hash. */
  readonly network: string;
  readonly limits: LimitsSource;
  /** Decides which UTC day it is, what has lapsed and what has waited for long enough. */
  readonly clock: Clock;
  readonly metrics: TreasuryMetrics;
  readonly logger: Logger;
}

/** Something that does not add up: what a human has to look at before anything more is signed. */
export type HaltSubject = "books" | "holdings" | "account" | "foreign" | "batch" | "ledger";

/**
 * Stops all payouts until an operator lifts the halt: nothing is signed, nothing is sent again. What was sent is still
 * watched, and deposits go on. Persisted, so that a restart does not forget it, and said aloud once per halt.
 */
export async function halt(
  treasury: Treasury,
  subject: HaltSubject,
  reason: string,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const isNew = await raiseStop(treasury.db.kysely, { kind: "halt", subject, reason, by: "treasury" });
  if (isNew) treasury.logger.fatal({ subject, reason, ...facts }, "payouts are halted");
}

/** Why nothing may be signed at the moment; undefined: nothing speaks against it. */
export async function whyStopped(treasury: Treasury): Promise<string | undefined> {
  if (treasury.limits().arePayoutsPaused) return "payouts are paused by the network's parameters";
  const [stop] = await stopsInForce(treasury.db.kysely);
  if (stop === undefined) return undefined;
  return stop.kind === "halt" ? `payouts are halted: ${stop.reason}` : `payouts are paused: ${stop.reason}`;
}
