/*
 * Staking: wallet → stake → (cooldown) → wallet. What is in cooldown earns nothing and can still be slashed.
 */
import type { MicroLlama } from "@flock/money";
import { coolingOf, ownerOf, stakeOf, walletOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import { NO_ACCOUNTS, type OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

/** Moves LLAMA of a wallet into its owner's stake. */
export interface Stake {
  readonly kind: "stake";
  readonly requestId: string;
  readonly owner: string;
  readonly amount: MicroLlama;
}
export type StakeOutcome =
  | { readonly kind: "staked"; readonly staked: MicroLlama; readonly available: MicroLlama }
  | { readonly kind: "insufficient_funds"; readonly available: MicroLlama }
  | { readonly kind: "conflict" };

/** Moves stake into cooldown. */
export interface Unstake {
  readonly kind: "unstake";
  readonly requestId: string;
  readonly owner: string;
  readonly amount: MicroLlama;
}
export type UnstakeOutcome =
  | { readonly kind: "unstaked"; readonly staked: MicroLlama }
  | { readonly kind: "insufficient_funds"; readonly available: MicroLlama }
  | { readonly kind: "conflict" };

/** Gives what is left of an unstaked amount back to the wallet, when its cooldown is over. */
export interface ReleaseStake {
  readonly kind: "release_stake";
  /** Of the unstake. */
  readonly requestId: string;
}
export type ReleaseStakeOutcome =
  | { readonly kind: "released"; readonly amount: MicroLlama }
  /** It was released or slashed before, or its time is not over, or there is no such unstake. */
  | { readonly kind: "nothing_to_release" };

const MS_PER_SECOND = 1_000;

/** Stakes, unless that was done before. */
function planStake(draft: Draft<"stake">, { requestId, owner, amount }: Stake): StakeOutcome {
  const requestHash = hashOf([requestId, owner, amount]);
  const [wallet, stake] = [walletOf(owner), stakeOf(owner)];
  const before = draft.transfer(transferId("stake", requestId));
  if (before === undefined) {
    const available = draft.available(wallet);
    if (available < amount) return { kind: "insufficient_funds", available };
    draft.move({
      kind: "stake",
      phase: "single",
      debit: wallet,
      credit: stake,
      amount,
      businessId: requestId,
      requestHash,
    });
  } else if (before.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "staked", staked: draft.available(stake), available: draft.available(wallet) };
}

/** Unstakes, unless that was done before. */
function planUnstake(draft: Draft<"unstake">, { requestId, owner, amount }: Unstake): UnstakeOutcome {
  const requestHash = hashOf([requestId, owner, amount]);
  const stake = stakeOf(owner);
  const before = draft.transfer(transferId("unstake", requestId));
  if (before === undefined) {
    const available = draft.available(stake);
    if (available < amount) return { kind: "insufficient_funds", available };
    draft.move({
      kind: "unstake",
      phase: "single",
      debit: stake,
      credit: coolingOf(owner),
      amount,
      businessId: requestId,
      timeoutMs: draft.rules.unstakeCooldownSeconds * MS_PER_SECOND,
      requestHash,
    });
    draft.startCooldown(requestId, coolingOf(owner), amount);
  } else if (before.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "unstaked", staked: draft.available(stake) };
}

/** Releases, if that is due. */
function planReleaseStake(draft: Draft<"release">, { requestId }: ReleaseStake): ReleaseStakeOutcome {
  const cooldown = draft.cooldown(requestId);
  if (cooldown?.isDue !== true) return { kind: "nothing_to_release" };
  draft.move({
    kind: "release",
    phase: "single",
    debit: cooldown.cooling,
    credit: walletOf(ownerOf(cooldown.cooling)),
    amount: cooldown.remaining,
    businessId: requestId,
  });
  draft.endCooldown(requestId);
  return { kind: "released", amount: cooldown.remaining };
}

export const stakeRule: OperationRule<Stake, StakeOutcome, "stake"> = {
  kind: "stake",
  makes: ["stake"],
  touches: ({ owner }) => [walletOf(owner), stakeOf(owner)],
  opens: ({ owner }) => [stakeOf(owner)],
  names: ({ requestId }) => [transferId("stake", requestId)],
  plan: planStake,
};

export const unstakeRule: OperationRule<Unstake, UnstakeOutcome, "unstake"> = {
  kind: "unstake",
  makes: ["unstake"],
  touches: ({ owner }) => [stakeOf(owner), coolingOf(owner)],
  opens: ({ owner }) => [coolingOf(owner)],
  names: ({ requestId }) => [transferId("unstake", requestId)],
  plan: planUnstake,
};

/** A cooldown ends once, so its release needs to know of no other transfer. */
export const releaseStakeRule: OperationRule<ReleaseStake, ReleaseStakeOutcome, "release"> = {
  kind: "release_stake",
  makes: ["release"],
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: () => [],
  cooldowns: ({ requestId }) => ({ requestIds: [requestId], accounts: [] }),
  plan: planReleaseStake,
};
