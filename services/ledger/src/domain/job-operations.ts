import type { MicroLlama } from "@flock/money";
import type { Usage } from "./settlement.js";

/*
 * What the ledger can be asked to do for a job. Idempotent by the job's id.
 */

/**
 * Reserves up to `amountMax` of the account's wallet for a job; less, but at least `amountMin`, if that is all there
 * is.
 */
export interface Hold {
  readonly kind: "hold";
  readonly jobId: string;
  readonly accountId: string;
  /** At least 1. */
  readonly amountMax: MicroLlama;
  readonly amountMin: MicroLlama;
  readonly timeoutMs: number;
}
export type HoldOutcome =
  /** `granted` is reserved; `available` is what the wallet could still spend then. */
  | { readonly kind: "held"; readonly granted: MicroLlama; readonly available: MicroLlama }
  | { readonly kind: "insufficient_funds"; readonly available: MicroLlama }
  /** The job was held for before with another request. */
  | { readonly kind: "conflict" }
  /** The same hold was granted before and is over: settled, voided or expired. */
  | { readonly kind: "ended" };

/** Charges a completed job to its hold. */
export interface Settle extends Usage {
  readonly kind: "settle";
  readonly jobId: string;
  readonly accountId: string;
  /** Who is paid. */
  readonly workerId: string;
  /** The worker, if it is another than who is paid. */
  readonly doneBy?: string;
  readonly requesterId: string;
  readonly model: string;
  readonly modelDigest: string;
  readonly finishedAtMs: number;
  /** SHA-256 of the signed receipt, hex. */
  readonly receiptHash?: string;
}
export type SettleOutcome =
  | { readonly kind: "settled"; readonly charge: MicroLlama }
  | { readonly kind: "already_settled" }
  /** Settled before from another event, or held for another account: the first stands. */
  | { readonly kind: "conflict" }
  /** The hold's time was over: the job is not charged. */
  | { readonly kind: "expired" }
  | { readonly kind: "voided" }
  | { readonly kind: "no_hold" };

/** Gives the hold of a failed job back. */
export interface Void {
  readonly kind: "void";
  readonly jobId: string;
}
/** Gives a hold back whose time is over. */
export interface Expire {
  readonly kind: "expire";
  readonly jobId: string;
}
export type VoidOutcome =
  | { readonly kind: "given_back"; readonly amount: MicroLlama }
  /** There is no open hold, or its time is not over yet. */
  | { readonly kind: "nothing_to_give_back" };
