/*
 * What a verdict does to money: earnings clawed back, stakes slashed, clients compensated; all through `pool:slashed`.
 */
import { type MicroLlama, microLlama, minMicro, ZERO } from "@flock/money";
import { type AccountCode, coolingOf, PROTOCOL_ACCOUNTS, stakeOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import { NO_ACCOUNTS, type OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

/** Takes the whole worker share of a job back, as long as its epoch has not begun to close. */
export interface Clawback {
  readonly kind: "clawback";
  readonly jobId: string;
}
export type ClawbackOutcome =
  | { readonly kind: "clawed_back"; readonly earnings: AccountCode; readonly amount: MicroLlama }
  /** The job paid its worker nothing: it stands. */
  | { readonly kind: "nothing_to_claw_back" }
  | { readonly kind: "not_found" }
  /** Its challenge window is over. */
  | { readonly kind: "too_late" };

/**
 * Takes up to `amount` of an owner's stake, and what that lacks from what is in cooldown. A case that is named after a
 * job is about that job: its client can be compensated with what was taken.
 */
export interface Slash {
  readonly kind: "slash";
  readonly caseId: string;
  readonly owner: string;
  readonly amount: MicroLlama;
}
export type SlashOutcome =
  | { readonly kind: "slashed"; readonly fromStake: MicroLlama; readonly fromCooling: MicroLlama }
  /** Nothing is staked or in cooldown; nothing is recorded. */
  | { readonly kind: "nothing_to_slash" }
  | { readonly kind: "conflict" };

/**
 * Gives a job's client back up to what it was charged, out of what was taken for that job: all of the charge if it is
 * clawed back, else what the slash of its name took.
 */
export interface Compensate {
  readonly kind: "compensate";
  readonly jobId: string;
  readonly amount: MicroLlama;
}
export type CompensateOutcome =
  | { readonly kind: "compensated"; readonly wallet: AccountCode; readonly available: MicroLlama }
  | { readonly kind: "not_found" }
  | { readonly kind: "above_charge"; readonly charge: MicroLlama }
  /** The job stands, and the slash of its name took no more than `taken`. */
  | { readonly kind: "above_penalty"; readonly taken: MicroLlama }
  | { readonly kind: "conflict" }
  /** `pool:slashed` does not hold as much. */
  | { readonly kind: "pool_exhausted" };

/** earnings → pool:slashed. */
function planClawback(draft: Draft<"clawback">, { jobId }: Clawback): ClawbackOutcome {
  const settlement = draft.settlement(jobId);
  if (settlement === undefined) return { kind: "not_found" };
  const { earnings, workerShare: amount } = settlement;
  if (amount === 0n) return { kind: "nothing_to_claw_back" };
  if (draft.transfer(transferId("clawback", jobId)) === undefined) {
    if (!settlement.canBeChallenged) return { kind: "too_late" };
    const credit = PROTOCOL_ACCOUNTS.slashed;
    draft.move({ kind: "clawback", phase: "single", debit: earnings, credit, amount, businessId: jobId });
  }
  return { kind: "clawed_back", earnings, amount };
}

/** stake → pool:slashed, then cooling → pool:slashed. */
function planSlash(draft: Draft<"slash">, { caseId, owner, amount }: Slash): SlashOutcome {
  const requestHash = hashOf([caseId, owner, amount]);
  const [ofStake, ofCooling] = slashIds(caseId).map((id) => draft.transfer(id));
  const before = ofStake ?? ofCooling;
  if (before !== undefined) {
    if (before.requestHash !== requestHash) return { kind: "conflict" };
    return { kind: "slashed", fromStake: ofStake?.amount ?? ZERO, fromCooling: ofCooling?.amount ?? ZERO };
  }
  const fromStake = minMicro(amount, draft.available(stakeOf(owner)));
  const fromCooling = minMicro(microLlama(amount - fromStake), draft.available(coolingOf(owner)));
  if (fromStake + fromCooling === 0n) return { kind: "nothing_to_slash" };
  const slash = {
    kind: "slash",
    phase: "single",
    credit: PROTOCOL_ACCOUNTS.slashed,
    requestHash,
  } as const;
  if (fromStake > 0n) draft.move({ ...slash, debit: stakeOf(owner), amount: fromStake, businessId: caseId });
  if (fromCooling > 0n) {
    const linked = fromStake > 0n ? { linkedId: transferId("slash", caseId) } : {};
    draft.move({
      ...slash,
      ...linked,
      debit: coolingOf(owner),
      amount: fromCooling,
      businessId: coolingCaseOf(caseId),
    });
    draft.slashCooldowns(coolingOf(owner), fromCooling);
  }
  return { kind: "slashed", fromStake, fromCooling };
}

/** Ids of a slash's transfers: what the stake gave, and what its owner's cooldowns gave. */
function slashIds(caseId: string): readonly [stake: string, cooling: string] {
  return [transferId("slash", caseId), transferId("slash", coolingCaseOf(caseId))];
}

function coolingCaseOf(caseId: string): string {
  return `${caseId}:cooling`;
}

function takenBySlash(draft: Draft<"compensate">, caseId: string): MicroLlama {
  const amounts = slashIds(caseId).map((id) => draft.transfer(id)?.amount ?? ZERO);
  return microLlama(amounts.reduce((sum: bigint, amount) => sum + amount, 0n));
}

/** pool:slashed → wallet. */
function planCompensate(draft: Draft<"compensate">, { jobId, amount }: Compensate): CompensateOutcome {
  const requestHash = hashOf([jobId, amount]);
  const settlement = draft.settlement(jobId);
  if (settlement === undefined) return { kind: "not_found" };
  const { wallet, charge } = settlement;
  const before = draft.transfer(transferId("compensate", jobId));
  if (before === undefined) {
    if (amount > charge) return { kind: "above_charge", charge };
    if (draft.transfer(transferId("clawback", jobId)) === undefined) {
      const taken = takenBySlash(draft, jobId);
      if (amount > taken) return { kind: "above_penalty", taken };
    }
    draft.move({
      kind: "compensate",
      phase: "single",
      debit: PROTOCOL_ACCOUNTS.slashed,
      credit: wallet,
      amount,
      businessId: jobId,
      requestHash,
    });
  } else if (before.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "compensated", wallet, available: draft.available(wallet) };
}

export const clawbackRule: OperationRule<Clawback, ClawbackOutcome, "clawback"> = {
  kind: "clawback",
  makes: ["clawback"],
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: ({ jobId }) => [transferId("clawback", jobId)],
  settlements: ({ jobId }) => [jobId],
  plan: planClawback,
};

export const slashRule: OperationRule<Slash, SlashOutcome, "slash"> = {
  kind: "slash",
  makes: ["slash"],
  touches: ({ owner }) => [stakeOf(owner), coolingOf(owner)],
  opens: NO_ACCOUNTS,
  names: ({ caseId }) => slashIds(caseId),
  cooldowns: ({ owner }) => ({ requestIds: [], accounts: [coolingOf(owner)] }),
  plan: planSlash,
};

export const compensateRule: OperationRule<Compensate, CompensateOutcome, "compensate"> = {
  kind: "compensate",
  makes: ["compensate"],
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: ({ jobId }) => [transferId("compensate", jobId), transferId("clawback", jobId), ...slashIds(jobId)],
  settlements: ({ jobId }) => [jobId],
  plan: planCompensate,
};
