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
import { NO_ACCOUNTS, type OperationRule } from "./operation-rule.js";
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
function planReservePayout(draft: Draft<"payout">, request: ReservePayout): ReservePayoutOutcome {
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
function planPostPayout(
  draft: Draft<"payout_posted">,
  { payoutId, signature }: PostPayout,
): EndPayoutOutcome {
  const requestHash = hashOf([payoutId, signature]);
  const payout = draft.transfer(transferId("payout", payoutId));
  if (payout === undefined) return { kind: "not_found" };
  const state = stateOf(payout);
  if (state === "reserved") {
    draft.resolve(payout, {
      kind: "payout_posted",
      phase: "post",
      debit: payout.debit,
      credit: payout.credit,
      amount: payout.amount,
      businessId: payoutId,
      pendingId: transferId("payout", payoutId),
      requestHash,
    });
    return { kind: "payout_ended", state: "posted" };
  }
  if (state === "posted" && payout.resolution?.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "payout_ended", state };
}

/** Gives the reserved amount back. */
function planVoidPayout(draft: Draft<"payout_voided">, { payoutId }: VoidPayout): EndPayoutOutcome {
  const payout = draft.transfer(transferId("payout", payoutId));
  if (payout === undefined) return { kind: "not_found" };
  const state = stateOf(payout);
  if (state !== "reserved") return { kind: "payout_ended", state };
  draft.resolve(payout, {
    kind: "payout_voided",
    phase: "void",
    debit: payout.debit,
    credit: payout.credit,
    amount: payout.amount,
    businessId: payoutId,
    pendingId: transferId("payout", payoutId),
    requestHash: hashOf([payoutId]),
  });
  return { kind: "payout_ended", state: "voided" };
}

function stateOf(payout: TransferFact): PayoutState {
  if (payout.resolution === undefined) return "reserved";
  return payout.resolution.phase === "post" ? "posted" : "voided";
}

export const reservePayoutRule: OperationRule<ReservePayout, ReservePayoutOutcome, "payout"> = {
  kind: "reserve_payout",
  makes: ["payout"],
  touches: ({ account }) => [account],
  opens: NO_ACCOUNTS,
  names: payoutOf,
  plan: planReservePayout,
};

export const postPayoutRule: OperationRule<PostPayout, EndPayoutOutcome, "payout_posted"> = {
  kind: "post_payout",
  makes: ["payout_posted"],
  resolves: "payout",
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: payoutOf,
  plan: planPostPayout,
};

export const voidPayoutRule: OperationRule<VoidPayout, EndPayoutOutcome, "payout_voided"> = {
  kind: "void_payout",
  makes: ["payout_voided"],
  resolves: "payout",
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: payoutOf,
  plan: planVoidPayout,
};

function payoutOf({ payoutId }: ReservePayout | PostPayout | VoidPayout): string[] {
  return [transferId("payout", payoutId)];
}
