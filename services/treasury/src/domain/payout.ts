import type { MicroLlama } from "@flock/money";

/**
 * A payout's life. Each change is one database transaction, conditional on the state before; the database refuses all
 * others (migrations). What happens outside (a ledger call, a chain transaction) happens between two states and is
 * idempotent, so a crash anywhere repeats it.
 *
 * | state | event | next | outside |
 * | --- | --- | --- | --- |
 * | requested | the ledger reserved the amount | reserved | svc.ledger.reserve-payout, by payout id |
 * | requested | the ledger refused | refused | |
 * | reserved | a batch with it was signed and stored | batched | the batch's own life: batch.ts |
 * | reserved | its recipient cannot be paid | rejected | |
 * | batched | the batch is finalized | paid | |
 * | batched | the batch is expired for certain | reserved | |
 * | batched | the batch failed on chain | reserved | bisected: cohort.ts |
 * | paid | the ledger posted it | posted | svc.ledger.post-payout |
 * | rejected | the ledger gave it back | voided | svc.ledger.void-payout |
 */
export const PAYOUT_TRANSITIONS = {
  requested: ["reserved", "refused"],
  refused: [],
  reserved: ["batched", "rejected"],
  batched: ["paid", "reserved"],
  paid: ["posted"],
  posted: [],
  rejected: ["voided"],
  voided: [],
} as const satisfies Record<string, readonly string[]>;

export type PayoutState = keyof typeof PAYOUT_TRANSITIONS;

/** Why it is paid: a wallet asked for it, or vested earnings passed the threshold. */
export type PayoutOrigin = "withdrawal" | "earnings";

/** What a payout is, apart from its state. */
export interface PayoutOrder {
  /** UUID; the ledger's business id. */
  readonly id: string;
  readonly origin: PayoutOrigin;
  /** `wallet:<account>` or `vested:<worker>`. */
  readonly ledgerAccount: string;
  /** Wallet address, base58. */
  readonly recipient: string;
  readonly amount: MicroLlama;
}

/** A payout that waits for a batch. */
export interface WaitingPayout extends PayoutOrder {
  /** Only payouts of one cohort share a batch; empty: all that have not failed yet. */
  readonly cohort: string;
  /** Batches of it alone that failed. */
  readonly failures: number;
}
