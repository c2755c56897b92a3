/*
 * Decides a group of operations against the facts read for it, in order, as if each ran alone after the ones before
 * it: a hold sees the wallet that the holds before it left, a settlement finds the hold planned three places earlier.
 * Pure; whatever the facts no longer say by the time the plan is written, the database refuses, and the group is
 * planned again from fresh facts.
 */
import { type Facts, GroupDraft, type LedgerRules, type PlannedSettlement } from "./draft.js";
import { type Operation, type Outcome, ruleOf } from "./operations.js";
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
  const draft = new GroupDraft(facts, rules);
  const outcomes = operations.map((operation) => ruleOf(operation).plan(draft, operation));
  return { transfers: draft.transfers, settlements: draft.settlements, outcomes };
}
