/*
 * What a closing epoch pays. Each payment is idempotent by epoch and receiver, so a ledger that dies while closing goes
 * on where it was.
 */
import type { MicroLlama } from "@flock/money";
import { type AccountCode, earningsOf, PROTOCOL_ACCOUNTS, stakeOf, vestedOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import type { OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

const KINDS = ["vest", "emission", "staking_reward", "fee_share"] as const;

/** What is paid, which is also the kind of its transfer. */
export type DistributionKind = (typeof KINDS)[number];

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
function distributionAccounts({ distribution, receiver }: Distribute): {
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
function planDistribute(draft: Draft<DistributionKind>, request: Distribute): DistributeOutcome {
  const { distribution, epoch, receiver, amount } = request;
  const requestHash = hashOf([epoch, receiver, amount]);
  const before = draft.transfer(distributionId(request));
  if (before !== undefined) return { kind: before.requestHash === requestHash ? "distributed" : "conflict" };
  const { debit, credit } = distributionAccounts(request);
  if (distribution === "vest" && draft.available(debit) < amount)
    return { kind: "insufficient_funds", available: draft.available(debit) };
  draft.move({
    kind: distribution,
    phase: "single",
    debit,
    credit,
    amount,
    businessId: businessIdOf(request),
    requestHash,
  });
  return { kind: "distributed" };
}

export const distributeRule: OperationRule<Distribute, DistributeOutcome, DistributionKind> = {
  kind: "distribute",
  makes: KINDS,
  touches: (request) => {
    const { debit, credit } = distributionAccounts(request);
    return [debit, credit].filter(isKept);
  },
  opens: (request) => [distributionAccounts(request).credit].filter(isKept),
  names: (request) => [distributionId(request)],
  plan: planDistribute,
};

function distributionId(request: Distribute): string {
  return transferId(request.distribution, businessIdOf(request));
}

function businessIdOf({ epoch, receiver }: Distribute): string {
  return `${epoch}:${receiver}`;
}

function isKept(account: AccountCode): boolean {
  return !account.startsWith("pool:");
}
