import { createHash } from "node:crypto";
import type { MicroLlama } from "@flock/money";
import type { Usage } from "./settlement.js";

/*
 * What the ledger can be asked to do, and what may come of it. Each operation is idempotent by its id (job or
 * transfer id): repeated, it changes nothing and answers what happened the first time.
 */

/** Reserves up to `amountMax` of the account's wallet for a job; less, but at least `amountMin`, if that is all there is. */
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
  readonly workerId: string;
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
export type ReleaseOutcome =
  | { readonly kind: "released"; readonly amount: MicroLlama }
  /** There is no open hold, or its time is not over yet. */
  | { readonly kind: "nothing_to_release" };

/** Moves LLAMA from `pool:dev` to a wallet, opening it if need be. */
export interface Grant {
  readonly kind: "grant";
  readonly transferId: string;
  readonly accountId: string;
  /** At least 1. */
  readonly amount: MicroLlama;
}
export type GrantOutcome =
  | { readonly kind: "granted"; readonly available: MicroLlama }
  | { readonly kind: "conflict" }
  /** `pool:dev` does not hold as much. */
  | { readonly kind: "pool_exhausted" };

export type Operation = Hold | Settle | Void | Expire | Grant;

/** The outcome that each kind of operation has. */
export type OutcomeOf<O extends Operation> = O extends Hold
  ? HoldOutcome
  : O extends Settle
    ? SettleOutcome
    : O extends Grant
      ? GrantOutcome
      : ReleaseOutcome;
export type Outcome = HoldOutcome | SettleOutcome | ReleaseOutcome | GrantOutcome;

/** Tells a repeated request from another one under the same id: 128 bits of SHA-256 over every field, hex. */
export function requestHash(operation: Hold | Settle | Grant): string {
  return createHash("sha256").update(fieldsOf(operation).join("\n")).digest("hex").slice(0, 32);
}

/** In a fixed order: the hashes are stored for ever. Free text comes last, so that no two requests join to the same. */
function fieldsOf(operation: Hold | Settle | Grant): readonly (string | number | bigint | undefined)[] {
  switch (operation.kind) {
    case "hold":
      return [
        operation.jobId,
        operation.accountId,
        operation.amountMax,
        operation.amountMin,
        operation.timeoutMs,
      ];
    case "grant":
      return [operation.transferId, operation.accountId, operation.amount];
    case "settle":
      return [
        operation.jobId,
        operation.accountId,
        operation.workerId,
        operation.requesterId,
        operation.promptTokens,
        operation.completionTokens,
        operation.promptPrice,
        operation.completionPrice,
        operation.finishedAtMs,
        operation.receiptHash,
        operation.modelDigest,
        operation.model,
      ];
  }
}
