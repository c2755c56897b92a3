import { type MicroLlama, TOTAL_SUPPLY } from "@flock/money";
import { PROTOCOL_ACCOUNTS, walletOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import type { OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

/**
 * Moves LLAMA from `pool:dev` to a wallet, opening it if need be. Idempotent by transfer id. (Its transfers are of the
 * kind `grant`, and always were: the hash chain is made of that word.)
 */
export interface Fund {
  readonly kind: "fund";
  readonly transferId: string;
  readonly accountId: string;
  /** At least 1. */
  readonly amount: MicroLlama;
}
export type FundOutcome =
  | { readonly kind: "funded"; readonly available: MicroLlama }
  /** Another request has this id. */
  | { readonly kind: "conflict" }
  /** `pool:dev` does not hold as much. */
  | { readonly kind: "pool_exhausted" };

/** Funds, unless that was done before. The pool's own bound is the database's to check. */
function planFund(draft: Draft<"grant">, fund: Fund): FundOutcome {
  const requestHash = hashOf([fund.transferId, fund.accountId, fund.amount]);
  const wallet = walletOf(fund.accountId);
  const before = draft.transfer(transferId("grant", fund.transferId));
  if (before !== undefined) {
    if (before.requestHash !== requestHash) return { kind: "conflict" };
    return { kind: "funded", available: draft.available(wallet) };
  }
  // Nobody can own more than exists.
  if (draft.available(wallet) + fund.amount > TOTAL_SUPPLY) return { kind: "pool_exhausted" };
  draft.move({
    kind: "grant",
    phase: "single",
    debit: PROTOCOL_ACCOUNTS.dev,
    credit: wallet,
    amount: fund.amount,
    businessId: fund.transferId,
    requestHash,
  });
  return { kind: "funded", available: draft.available(wallet) };
}

export const fundRule: OperationRule<Fund, FundOutcome, "grant"> = {
  kind: "fund",
  makes: ["grant"],
  touches: ({ accountId }) => [walletOf(accountId)],
  opens: ({ accountId }) => [walletOf(accountId)],
  names: (fund) => [transferId("grant", fund.transferId)],
  plan: planFund,
};
