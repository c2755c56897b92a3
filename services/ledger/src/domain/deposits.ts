/*
 * What arrives in the treasury's token account on chain. The treasury has verified that it is final; the ledger sees to
 * it that each transaction counts once, as a deposit or as custody, never both (unique index transfers_arrive_once).
 */
import type { MicroLlama } from "@flock/money";
import { type AccountCode, PROTOCOL_ACCOUNTS, walletOf } from "./account-code.js";
import type { Draft } from "./draft.js";
import { NO_ACCOUNTS, type OperationRule } from "./operation-rule.js";
import { hashOf } from "./request-hash.js";
import { transferId } from "./transfer.js";

/** LLAMA of the supply was put into the treasury's hands: not somebody's, but what pools and balances stand for. */
export interface Custody {
  readonly kind: "custody";
  /** Of the Solana transaction. */
  readonly signature: string;
  readonly amount: MicroLlama;
}
export type CustodyOutcome =
  | { readonly kind: "recorded" }
  /** The signature was recorded with another amount, or as a deposit. */
  | { readonly kind: "conflict" };

/** Credits a deposit to a wallet, or to suspense without an account. */
export interface Deposit {
  readonly kind: "deposit";
  readonly signature: string;
  readonly accountId?: string;
  readonly amount: MicroLlama;
}
export type DepositOutcome =
  /** `available`: what the wallet can spend then; 0 without an account. */
  { readonly kind: "deposited"; readonly available: MicroLlama } | { readonly kind: "conflict" };

/** Gives the whole of a deposit in suspense to a wallet. */
export interface ClaimDeposit {
  readonly kind: "claim_deposit";
  readonly signature: string;
  readonly accountId: string;
}
export type ClaimDepositOutcome =
  | { readonly kind: "claimed"; readonly amount: MicroLlama; readonly available: MicroLlama }
  /** It was claimed for another account. */
  | { readonly kind: "conflict" }
  | { readonly kind: "not_found" };

/** external:solana → supply:root. */
function planCustody(draft: Draft<"custody">, { signature, amount }: Custody): CustodyOutcome {
  const requestHash = hashOf([signature, amount]);
  const before = draft.transfer(transferId("custody", signature));
  if (before !== undefined) return { kind: before.requestHash === requestHash ? "recorded" : "conflict" };
  if (draft.transfer(transferId("deposit", signature)) !== undefined) return { kind: "conflict" };
  draft.move({
    kind: "custody",
    phase: "single",
    debit: PROTOCOL_ACCOUNTS.solana,
    credit: PROTOCOL_ACCOUNTS.supply,
    amount,
    businessId: signature,
    requestHash,
  });
  return { kind: "recorded" };
}

/** external:solana → wallet or suspense. */
function planDeposit(draft: Draft<"deposit">, { signature, accountId, amount }: Deposit): DepositOutcome {
  const requestHash = hashOf([signature, accountId, amount]);
  const credit = accountId === undefined ? PROTOCOL_ACCOUNTS.suspense : walletOf(accountId);
  const before = draft.transfer(transferId("deposit", signature));
  if (before === undefined) {
    if (draft.transfer(transferId("custody", signature)) !== undefined) return { kind: "conflict" };
    draft.move({
      kind: "deposit",
      phase: "single",
      debit: PROTOCOL_ACCOUNTS.solana,
      credit,
      amount,
      businessId: signature,
      requestHash,
    });
  } else if (before.requestHash !== requestHash) return { kind: "conflict" };
  return { kind: "deposited", available: draft.available(credit) };
}

/** suspense → wallet. */
function planClaimDeposit(
  draft: Draft<"claim">,
  { signature, accountId }: ClaimDeposit,
): ClaimDepositOutcome {
  const requestHash = hashOf([signature, accountId]);
  const wallet = walletOf(accountId);
  const before = draft.transfer(transferId("claim", signature));
  if (before !== undefined) {
    if (before.requestHash !== requestHash) return { kind: "conflict" };
    return { kind: "claimed", amount: before.amount, available: draft.available(wallet) };
  }
  const deposit = draft.transfer(transferId("deposit", signature));
  if (deposit?.credit !== PROTOCOL_ACCOUNTS.suspense) return { kind: "not_found" };
  draft.move({
    kind: "claim",
    phase: "single",
    debit: deposit.credit,
    credit: wallet,
    amount: deposit.amount,
    businessId: signature,
    requestHash,
  });
  return { kind: "claimed", amount: deposit.amount, available: draft.available(wallet) };
}

export const custodyRule: OperationRule<Custody, CustodyOutcome, "custody"> = {
  kind: "custody",
  makes: ["custody"],
  touches: NO_ACCOUNTS,
  opens: NO_ACCOUNTS,
  names: arrivalsOf,
  plan: planCustody,
};

export const depositRule: OperationRule<Deposit, DepositOutcome, "deposit"> = {
  kind: "deposit",
  makes: ["deposit"],
  touches: walletsOf,
  opens: walletsOf,
  names: arrivalsOf,
  plan: planDeposit,
};

export const claimDepositRule: OperationRule<ClaimDeposit, ClaimDepositOutcome, "claim"> = {
  kind: "claim_deposit",
  makes: ["claim"],
  touches: walletsOf,
  opens: walletsOf,
  names: ({ signature }) => [transferId("claim", signature), transferId("deposit", signature)],
  plan: planClaimDeposit,
};

/** A transaction arrives as one or the other. */
function arrivalsOf({ signature }: Custody | Deposit): string[] {
  return [transferId("custody", signature), transferId("deposit", signature)];
}

function walletsOf({ accountId }: Deposit | ClaimDeposit): AccountCode[] {
  return accountId === undefined ? [] : [walletOf(accountId)];
}
