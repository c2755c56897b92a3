import { createHash } from "node:crypto";
import type { MicroLlama } from "@flock/money";
import { base58 } from "@scure/base";
import { readMemo } from "./memos.js";

/*
 * Whose a deposit is. Either the transaction has an account's memo, or it names the account's reference key
 * (Solana Pay). Both are put there by whoever signed the transfer, and can direct nothing but that transfer's own
 * money: a memo in somebody else's transaction, or in one that moves nothing to the treasury, means nothing. A
 * transaction that names two accounts is nobody's to guess about: it goes to suspense, like one that names none, and
 * its sender can claim it.
 *
 * That an account is named does not say that there is one: see deposits/owners.ts.
 */

/**
 * The reference key of an account: 32 bytes derived from network, mint and account, base58. Nobody has its private key,
 * and nobody needs it. The same for ever, so that instructions printed long ago still work.
 */
export function depositReference(network: string, mint: string, accountId: string): string {
  const text = `flockollamas deposit reference\n${network}\n${mint}\n${accountId}`;
  return base58.encode(createHash("sha256").update(text).digest());
}

/** `unknown_account`: nobody is known by the one name that is given. */
export type SuspenseReason = "unattributed" | "ambiguous" | "below_minimum" | "unknown_account";

export type Attribution =
  /** If somebody is known by that name. */
  | { readonly kind: "credit"; readonly accountId: string }
  | { readonly kind: "suspend"; readonly reason: SuspenseReason };

export interface DepositFacts {
  /** By how much the treasury's token account grew. */
  readonly amount: MicroLlama;
  /** Of the Memo program's instructions, whole. */
  readonly memos: readonly string[];
  /** Accounts whose reference keys the transaction names. */
  readonly referenced: readonly string[];
}

/** The accounts that memos and reference keys name. */
export function accountsNamed({
  memos,
  referenced,
}: Pick<DepositFacts, "memos" | "referenced">): ReadonlySet<string> {
  const named = memos.flatMap((text) => {
    const memo = readMemo(text);
    return memo?.kind === "account" ? [memo.accountId] : [];
  });
  return new Set([...named, ...referenced]);
}

/** To whom a deposit is to be credited, by what it says. */
export function attributeDeposit(deposit: DepositFacts, depositMin: MicroLlama): Attribution {
  const accounts = accountsNamed(deposit);
  const [accountId] = accounts;
  if (accountId === undefined) return { kind: "suspend", reason: "unattributed" };
  if (accounts.size > 1) return { kind: "suspend", reason: "ambiguous" };
  if (deposit.amount < depositMin) return { kind: "suspend", reason: "below_minimum" };
  return { kind: "credit", accountId };
}
