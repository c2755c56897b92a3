import type { MicroLlama } from "@flock/money";
import { accountsNamed, attributeDeposit } from "./attribute-deposit.js";
import { baseUnits, fromBaseUnits } from "./base-units.js";

/**
 * A movement is one finalized transaction as the treasury's token account felt it.
 *
 * | kind | what it is | ledger |
 * | --- | --- | --- |
 * | deposit | somebody paid in | svc.ledger.deposit, by signature |
 * | custody | the supply came in: minted here, or sent by the treasury's own key | svc.ledger.custody, by signature |
 * | payouts | one of our batches | each payout by itself |
 * | none | nothing changed: failed, or a transfer of zero | |
 * | foreign | LLAMA left in a transaction that is none of our batches: payouts halt; or came back after that | |
 *
 * The ledger never hears of what is foreign: neither that LLAMA left nor that it came back, so that chain and books
 * agree again when all of it has. It comes back in transactions that the treasury's key signs, too: what anybody else
 * sends is a deposit, whoever took what is missing.
 *
 * seen → credited (deposit to a wallet, custody) | suspended (deposit nobody can attribute) → claimed.
 *
 * Before the ledger hears of a deposit that names an account, it is decided whether anybody is known by that name.
 */
export const MOVEMENT_TRANSITIONS = {
  seen: ["credited", "suspended"],
  credited: [],
  suspended: ["claimed"],
  claimed: [],
  noted: [],
} as const satisfies Record<string, readonly string[]>;

export type MovementKind = "deposit" | "custody" | "payouts" | "none" | "foreign";
export type MovementState = keyof typeof MOVEMENT_TRANSITIONS;

/** What a finalized transaction did, as far as the treasury is concerned. Amounts in base units of the mint. */
export interface ChainTransaction {
  readonly signature: string;
  readonly slot: bigint;
  /** Undefined: it succeeded. */
  readonly error: string | undefined;
  /** Change of the token account's balance. */
  readonly delta: bigint;
  /** Whether it minted into the token account. */
  readonly isMint: boolean;
  /** Texts of the Memo program's instructions, inner ones included. */
  readonly memos: readonly string[];
  readonly signers: readonly string[];
  /** Every account it names, those of lookup tables included. */
  readonly accountKeys: readonly string[];
  /** Owners of the other token accounts of the mint that lost some. */
  readonly senders: readonly string[];
}

export interface Movement {
  readonly signature: string;
  readonly slot: bigint;
  readonly delta: bigint;
  readonly kind: MovementKind;
  readonly state: MovementState;
  /** Empty: to suspense, or to nobody. */
  readonly accountId: string;
  /** Empty: none, or more than one. */
  readonly sender: string;
  readonly reason: string;
  /** The one account that memo or reference key name; empty: none, or two. It need not exist. */
  readonly named: string;
  /** False: whether anybody is known as `accountId` is to be found out before the ledger is told. */
  readonly isDecided: boolean;
}

export interface MovementContext {
  /** The treasury's wallet address. */
  readonly treasury: string;
  readonly depositMin: MicroLlama;
  readonly isOurBatch: boolean;
  /** What left in foreign transactions and has not come back, in base units. */
  readonly loss: bigint;
  /** Accounts by the reference keys among the transaction's keys. */
  readonly referenced: readonly string[];
}

/** What a finalized transaction is to the treasury. */
export function readMovement(chainTx: ChainTransaction, context: MovementContext): Movement {
  const { signature, slot, delta } = chainTx;
  const as = (kind: MovementKind, more: Partial<Movement> = {}): Movement => ({
    signature,
    slot,
    delta,
    kind,
    state: kind === "deposit" || kind === "custody" ? "seen" : "noted",
    accountId: "",
    sender: "",
    reason: "",
    named: "",
    isDecided: true,
    ...more,
  });
  if (context.isOurBatch) return as("payouts");
  if (delta === 0n) return as("none");
  if (delta < 0n) return as("foreign");
  const isSignedByUs = chainTx.signers.includes(context.treasury);
  if (isSignedByUs && !chainTx.isMint && delta <= context.loss) return as("foreign");
  if (chainTx.isMint || isSignedByUs) return as("custody");
  const [sender = "", ...others] = chainTx.senders;
  const facts = { memos: chainTx.memos, referenced: context.referenced };
  const [named = "", ...more] = accountsNamed(facts);
  const amount = fromBaseUnits(baseUnits(delta));
  const attribution = attributeDeposit({ ...facts, amount }, context.depositMin);
  const said = { named: more.length === 0 ? named : "", sender: others.length === 0 ? sender : "" };
  return attribution.kind === "credit"
    ? as("deposit", { ...said, accountId: attribution.accountId, isDecided: false })
    : as("deposit", { ...said, reason: attribution.reason });
}
