/*
 * What a closing epoch pays. Each payment is idempotent by epoch and receiver, so a ledger that dies while closing goes
 * on where it was.
 */
import type { MicroLlama } from "@flock/money";
import { type AccountCode, earningsOf, PROTOCOL_ACCOUNTS, stakeOf, vestedOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

export type DistributionKind = "vest" | "emission" | "staking_reward" | "fee_share";

/** One payment of a closing epoch. */
export interface Distribute {
  readonly kind: "distribute";
  readonly distribution: DistributionKind;
  readonly epoch: bigint;
  /** Worker, staker, or name of a pool (`liquidity`, `dev`). */
  readonly receiver: string;
  /** At least 1. */
  readonly amount: MicroLlama;
}
export type DistributeOutcome =
  | { readonly kind: "distributed" }
  | { readonly kind: "insufficient_funds"; readonly available: MicroLlama }
  /** The same receiver was paid another amount for that epoch. */
  | { readonly kind: "conflict" }
  | { readonly kind: "pool_exhausted" };

/** From which account a payment goes to which. */
export function distributionAccounts({ distribution, receiver }: Distribute): {
  readonly debit: AccountCode;
  readonly credit: AccountCode;
} {
  switch (distribution) {
    case "vest":
      return { debit: earningsOf(receiver), credit: vestedOf(receiver) };
    case "emission":
      return { debit: PROTOCOL_ACCOUNTS.rewards, credit: vestedOf(receiver) };
    case "staking_reward":
      return { debit: PROTOCOL_ACCOUNTS.fees, credit: stakeOf(receiver) };
    case "fee_share":
      return { debit: PROTOCOL_ACCOUNTS.fees, credit: `pool:${receiver}` };
  }
}

/** Pays, unless that was done before. Pools' own bounds are the database's to check. */
export function planDistribute(draft: Draft, request: Distribute): DistributeOutcome {
  const { distribution, epoch, receiver, amount } = request;
  const requestHash = hashOf([epoch, receiver, amount]);
  const businessId = `${epoch}:${receiver}`;
  const before = draft.transfer(transferId(distribution, businessId));
  if (before !== undefined) return { kind: before.requestHash === requestHash ? "distributed" : "conflict" };
  const accounts = distributionAccounts(request);
  if (distribution === "vest" && draft.available(accounts.debit) < amount)
    return { kind: "insufficient_funds", available: draft.available(accounts.debit) };
  draft.move({ kind: distribution, phase: "single", ...accounts, amount, businessId, requestHash });
  return { kind: "distributed" };
}
