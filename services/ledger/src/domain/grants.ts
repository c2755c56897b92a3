import { type MicroLlama, TOTAL_SUPPLY } from "@flock/money";
import { PROTOCOL_ACCOUNTS, walletOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

/** Moves LLAMA from `pool:dev` to a wallet, opening it if need be. Idempotent by transfer id. */
export interface Grant {
  readonly kind: "grant";
  readonly transferId: string;
  readonly accountId: string;
  /** At least 1. */
  readonly amount: MicroLlama;
}
export type GrantOutcome =
  | { readonly kind: "granted"; readonly available: MicroLlama }
  /** Another grant has this id. */
  | { readonly kind: "conflict" }
  /** `pool:dev` does not hold as much. */
  | { readonly kind: "pool_exhausted" };

/** Grants, unless that was done before. The pool's own bound is the database's to check. */
export function planGrant(draft: Draft, grant: Grant): GrantOutcome {
  const requestHash = hashOf([grant.transferId, grant.accountId, grant.amount]);
  const wallet = walletOf(grant.accountId);
  const before = draft.transfer(transferId("grant", grant.transferId));
  if (before !== undefined) {
    if (before.requestHash !== requestHash) return { kind: "conflict" };
    return { kind: "granted", available: draft.available(wallet) };
  }
  // Nobody can own more than exists.
  if (draft.available(wallet) + grant.amount > TOTAL_SUPPLY) return { kind: "pool_exhausted" };
  draft.move({
    kind: "grant",
    phase: "single",
    debit: PROTOCOL_ACCOUNTS.dev,
    credit: wallet,
    amount: grant.amount,
    businessId: grant.transferId,
    requestHash,
  });
  return { kind: "granted", available: draft.available(wallet) };
}
