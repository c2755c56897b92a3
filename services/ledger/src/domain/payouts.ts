/*
 * What leaves the books for the chain. The amount is reserved before the treasury signs anything, without a timeout:
 * only the treasury can know whether a payout has landed or never will.
 *
 *   reserved ──landed, finalized──► posted
 *      └──────will never land─────► voided
 */
import type { MicroLlama } from "@flock/money";
import { type AccountCode, PROTOCOL_ACCOUNTS } from "./account-code.js";
import type { Draft, TransferFact } from "./draft.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

export type PayoutState = "reserved" | "posted" | "voided";

/** Reserves an amount of a wallet or of vested earnings. */
export interface ReservePayout {
  readonly kind: "reserve_payout";
  readonly payoutId: string;
  readonly account: AccountCode;
  readonly amount: MicroLlama;
}
export type ReservePayoutOutcome =
  /** `state`: what has become of it since, if it was reserved before. */
  | { readonly kind: "payout"; readonly state: PayoutState; readonly available: MicroLlama }
  | { readonly kind: "insufficient_funds"; readonly available: MicroLlama }
  | { readonly kind: "conflict" };

/** The payout is final on chain. */
export interface PostPayout {
  readonly kind: "post_payout";
  readonly payoutId: string;
  /** Of the transaction that paid it. */
  readonly signature: string;
}
/** The payout will never be made. */
export interface VoidPayout {
  readonly kind: "void_payout";
  readonly payoutId: string;
}
export type EndPayoutOutcome =
  /** As asked, now or before; or the other way, before. */
  | { readonly kind: "payout_ended"; readonly state: "posted" | "voided" }
  /** It was posted with another signature. */
  | { readonly kind: "conflict" }
  | { readonly kind: "not_found" };

/** Reserves, unless that was done before. */
export function planReservePayout(draft: Draft, request: ReservePayout): ReservePayoutOutcome {
  const { payoutId, account, amount } = request;
  const requestHash = hashOf([payoutId, account, amount]);
  const before = draft.transfer(transferId("payout", payoutId));
  const available = draft.available(account);
  if (before !== undefined) {
    if (before.requestHash !== requestHash) return { kind: "conflict" };
    return { kind: "payout", state: stateOf(before), available };
  }
  if (available < amount) return { kind: "insufficient_funds", available };
  draft.reserve({
    kind: "payout",
    phase: "pending",
    debit: account,
    credit: PROTOCOL_ACCOUNTS.solana,
    amount,
    businessId: payoutId,
    requestHash,
  });
  return { kind: "payout", state: "reserved", available: draft.available(account) };
}

/** Moves the reserved amount out of the books. */
export function planPostPayout(draft: Draft, { payoutId, signature }: PostPayout): EndPayoutOutcome {
  const requestHash = hashOf([payoutId, signature]);
  const payout = draft.transfer(transferId("payout", payoutId));
  if (payout === undefined) return { kind: "not_found" };
  const state = stateOf(payout);
  if (state === "reserved") {
    end(draft, payoutId, payout, "posted", requestHash);
    return { kind: "payout_ended", state: "posted" };
  }
  if (state === "posted" && payout.resolution?.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "payout_ended", state };
}

/** Gives the reserved amount back. */
export function planVoidPayout(draft: Draft, { payoutId }: VoidPayout): EndPayoutOutcome {
  const payout = draft.transfer(transferId("payout", payoutId));
  if (payout === undefined) return { kind: "not_found" };
  const state = stateOf(payout);
  if (state !== "reserved") return { kind: "payout_ended", state };
  end(draft, payoutId, payout, "voided", hashOf([payoutId]));
  return { kind: "payout_ended", state: "voided" };
}

function end(
  draft: Draft,
  payoutId: string,
  payout: TransferFact,
  state: "posted" | "voided",
  requestHash: string,
): void {
  draft.resolve(payout, {
    kind: `payout_${state}`,
    phase: state === "posted" ? "post" : "void",
    debit: payout.debit,
    credit: payout.credit,
    amount: payout.amount,
    businessId: payoutId,
    pendingId: transferId("payout", payoutId),
    requestHash,
  });
}

function stateOf(payout: TransferFact): PayoutState {
  if (payout.resolution === undefined) return "reserved";
  return payout.resolution.phase === "post" ? "posted" : "voided";
}
