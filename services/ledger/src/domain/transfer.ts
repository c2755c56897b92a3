import type { MicroLlama } from "@flock/money";
import type { AccountCode } from "./account-code.js";

/** What a transfer does to balances; see migrations/0001-first-version/transfers.ts. */
export type TransferPhase = "single" | "pending" | "post" | "void" | "expire";

/**
 * A transfer about to be made. Its order within the commit is its place in the list.
 * @template K the kinds that it may have: those that its operation's rule says it makes
 */
export interface PlannedTransfer<K extends string = string> {
  readonly kind: K;
  /** The job, payout, … that caused it. Its id is made of this and the kind: see {@link transferId}. */
  readonly businessId: string;
  readonly phase: TransferPhase;
  readonly debit: AccountCode;
  readonly credit: AccountCode;
  /** At least 1 µLLAMA. */
  readonly amount: MicroLlama;
  /** First transfer of the linked set that this one belongs to, if it is not the first itself. */
  readonly linkedId?: string;
  /** The pending transfer that this one resolves: set exactly for `post`, `void` and `expire`. */
  readonly pendingId?: string;
  /** A hold ends, an unstake is released this long after the commit, by the database's clock. */
  readonly timeoutMs?: number;
  readonly requestHash?: string;
}

/**
 * Every transfer's id follows from its kind and what caused it, so a repeated operation meets itself in the database.
 */
export function transferId(kind: string, businessId: string): string {
  return `${kind}:${businessId}`;
}
