/*
 * What the ledger can be asked to do. Each operation is idempotent by its id (of the job, request, payout, …):
 * repeated, it changes nothing and answers what happened the first time.
 *
 * To add one: its file with its rule, and a line in this table (README, "How to add an operation").
 */
import { clawbackRule, compensateRule, slashRule } from "./challenges.js";
import { claimDepositRule, custodyRule, depositRule } from "./deposits.js";
import { distributeRule } from "./distribution.js";
import { collectRule } from "./earnings.js";
import { fundRule } from "./funding.js";
import type { GENESIS } from "./genesis.js";
import type { OperationRule } from "./operation-rule.js";
import { postPayoutRule, reservePayoutRule, voidPayoutRule } from "./payouts.js";
import { expireRule, holdRule, settleRule, voidRule } from "./plan-jobs.js";
import { releaseStakeRule, stakeRule, unstakeRule } from "./stakes.js";

/** The rule of each kind of operation. */
export const OPERATIONS = tableOf({
  hold: holdRule,
  settle: settleRule,
  void: voidRule,
  expire: expireRule,
  fund: fundRule,
  custody: custodyRule,
  deposit: depositRule,
  claim_deposit: claimDepositRule,
  reserve_payout: reservePayoutRule,
  post_payout: postPayoutRule,
  void_payout: voidPayoutRule,
  stake: stakeRule,
  unstake: unstakeRule,
  release_stake: releaseStakeRule,
  collect: collectRule,
  clawback: clawbackRule,
  slash: slashRule,
  compensate: compensateRule,
  distribute: distributeRule,
});

type Rules = typeof OPERATIONS;
/** Names an operation. */
export type OperationKind = keyof Rules;

/** The operation of that kind; without one, any operation. */
export type Operation<Kind extends OperationKind = OperationKind> = Parameters<Rules[Kind]["plan"]>[1];
/** What can come of an operation of that kind; without one, of any. */
export type Outcome<Kind extends OperationKind = OperationKind> = ReturnType<Rules[Kind]["plan"]>;
/** What can come of an operation. */
export type OutcomeOf<O extends Operation> = Outcome<O["kind"]>;

/** Why a transfer was made. */
export type TransferKind = typeof GENESIS | Rules[OperationKind]["makes"][number];

/** The rule that an operation follows. */
export function ruleOf<O extends Operation>(operation: O): OperationRule<O, OutcomeOf<O>, TransferKind> {
  // CAST: `tableOf` lets no rule stand under another kind, and TypeScript cannot follow a kind through the table.
  return OPERATIONS[operation.kind] as unknown as OperationRule<O, OutcomeOf<O>, TransferKind>;
}

/** The table as it is; what it is for is that a rule under another kind than its own does not compile. */
export function tableOf<Table extends { readonly [Kind in keyof Table]: { readonly kind: Kind } }>(
  rules: Table,
): Table {
  return rules;
}
