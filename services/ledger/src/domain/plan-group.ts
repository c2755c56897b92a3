/**
 * Decides a group of operations against the facts read for it, in order, as if each ran alone after the ones before
 * it: a hold sees the wallet that the holds before it left, a settlement finds the hold planned three places earlier.
 * Pure; whatever the facts no longer say by the time the plan is written, the database refuses, and the group is
 * planned again from fresh facts.
 */
import { planClawback, planCompensate, planSlash } from "./challenges.js";
import { planClaim, planCustody, planDeposit } from "./deposits.js";
import { planDistribute } from "./distribution.js";
import { Draft, type Facts, type LedgerRules, type PlannedSettlement } from "./draft.js";
import { planCollect } from "./earnings.js";
import { planGrant } from "./grants.js";
import type { Operation, Outcome } from "./operation.js";
import { planPostPayout, planReservePayout, planVoidPayout } from "./payouts.js";
import { planHold, planRelease, planSettle } from "./plan-jobs.js";
import { planReleaseStake, planStake, planUnstake } from "./stakes.js";
import type { PlannedTransfer } from "./transfer.js";

export interface GroupPlan {
  /** In the order in which they must be numbered. Empty: nothing to write. */
  readonly transfers: readonly PlannedTransfer[];
  readonly settlements: readonly PlannedSettlement[];
  /** One per operation, in their order; they hold once the transfers are committed. */
  readonly outcomes: readonly Outcome[];
}

/** See the file's head. */
export function planGroup(operations: readonly Operation[], facts: Facts, rules: LedgerRules): GroupPlan {
  const draft = new Draft(facts, rules);
  const outcomes = operations.map((operation) => decide(draft, operation));
  return { transfers: draft.transfers, settlements: draft.settlements, outcomes };
}

function decide(draft: Draft, operation: Operation): Outcome {
  switch (operation.kind) {
    case "hold":
      return planHold(draft, operation);
    case "settle":
      return planSettle(draft, operation);
    case "void":
    case "expire":
      return planRelease(draft, operation.jobId, operation.kind);
    case "grant":
      return planGrant(draft, operation);
    case "custody":
      return planCustody(draft, operation);
    case "deposit":
      return planDeposit(draft, operation);
    case "claim":
      return planClaim(draft, operation);
    case "reserve_payout":
      return planReservePayout(draft, operation);
    case "post_payout":
      return planPostPayout(draft, operation);
    case "void_payout":
      return planVoidPayout(draft, operation);
    case "stake":
      return planStake(draft, operation);
    case "unstake":
      return planUnstake(draft, operation);
    case "release":
      return planReleaseStake(draft, operation);
    case "collect":
      return planCollect(draft, operation);
    case "clawback":
      return planClawback(draft, operation);
    case "slash":
      return planSlash(draft, operation);
    case "compensate":
      return planCompensate(draft, operation);
    case "distribute":
      return planDistribute(draft, operation);
  }
}
