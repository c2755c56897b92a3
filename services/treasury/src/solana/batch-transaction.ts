import { base58 } from "@scure/base";
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
} from "@solana/spl-token";
import {
  ComputeBudgetProgram,
  PublicKey,
  Transaction,
  TransactionInstruction,
  type TransactionSignature,
} from "@solana/web3.js";
import type { Signer } from "../chain/chain.js";
import { type BaseUnits, MINT_DECIMALS } from "../domain/base-units.js";
import { MEMO_PROGRAM_ID } from "./addresses.js";

/** The treasury's addresses. */
export interface TreasuryAccounts {
  /** Owner of the token account, and payer of all fees. */
  readonly wallet: PublicKey;
  readonly mint: PublicKey;
  readonly tokenAccount: PublicKey;
}

/** One recipient of a batch. */
export interface Transfer {
  readonly wallet: PublicKey;
  /** The wallet's associated token account: derived once, it takes a good millisecond. */
  readonly tokenAccount: PublicKey;
  readonly amount: BaseUnits;
  /** The token account does not exist: the transaction makes it first, if nobody else has by then. */
  readonly isNew: boolean;
}

/** What the inclusion of a transaction costs, and what it may use. */
export interface ComputeBudget {
  readonly unitsMax: number;
  readonly microLamportsPerUnit: bigint;
}

/** More than any batch needs: for simulating, before the need is known. */
export const COMPUTE_UNITS_MAX = 1_400_000;

/** A blockhash of the right length, for simulating: the endpoint puts a fresh one there. */
const NO_BLOCKHASH = PublicKey.default.toBase58();

/** What each instruction of a batch is for, in their order: the recipient's index, or undefined. */
export interface BatchMessage {
  readonly instructions: readonly TransactionInstruction[];
  readonly recipientOf: readonly (number | undefined)[];
}

/**
 * The instructions of a batch: compute budget and memo, then those of each transfer. One signer, the treasury's wallet.
 * The memo makes the batch findable in the account's history without its signature.
 * @param transfers - of each recipient, as made by {@link transferInstructions}
 */
export function batchInstructions(
  transfers: readonly (readonly TransactionInstruction[])[],
  memo: string,
  budget: ComputeBudget,
): BatchMessage {
  const head = headInstructions(memo, budget);
  return {
    instructions: [...head, ...transfers.flat()],
    recipientOf: [...head.map(() => undefined), ...transfers.flatMap((each, index) => each.map(() => index))],
  };
}

/** The instructions that every batch begins with; their size does not depend on the budget. */
export function headInstructions(memo: string, budget: ComputeBudget): TransactionInstruction[] {
  return [
    ComputeBudgetProgram.setComputeUnitLimit({ units: budget.unitsMax }),
    ComputeBudgetProgram.setComputeUnitPrice({ microLamports: budget.microLamportsPerUnit }),
    new TransactionInstruction({ keys: [], programId: MEMO_PROGRAM_ID, data: Buffer.from(memo, "utf8") }),
  ];
}

/** `Create token account if missing` (only for who has none), then `transfer checked`. */
export function transferInstructions(
  accounts: TreasuryAccounts,
  transfer: Transfer,
): TransactionInstruction[] {
  const { wallet, mint, tokenAccount } = accounts;
  const { wallet: owner, tokenAccount: to } = transfer;
  const create = createAssociatedTokenAccountIdempotentInstruction(wallet, to, owner, mint);
  const pay = createTransferCheckedInstruction(
    tokenAccount,
    mint,
    to,
    wallet,
    transfer.amount,
    MINT_DECIMALS,
  );
  return transfer.isNew ? [create, pay] : [pay];
}

function compile(accounts: TreasuryAccounts, message: BatchMessage, blockhash: string): Transaction {
  const transaction = new Transaction({ feePayer: accounts.wallet });
  transaction.recentBlockhash = blockhash;
  return transaction.add(...message.instructions);
}

/** The bytes for a simulation: unsigned. */
export function unsignedBytes(accounts: TreasuryAccounts, message: BatchMessage): Uint8Array {
  return compile(accounts, message, NO_BLOCKHASH).serialize({
    requireAllSignatures: false,
    verifySignatures: false,
  });
}

/** Signs a batch. The same inputs give the same bytes and the same signature. */
export async function signBatch(
  accounts: TreasuryAccounts,
  message: BatchMessage,
  blockhash: string,
  signer: Signer,
): Promise<{ readonly raw: Uint8Array; readonly signature: TransactionSignature }> {
  const compiled = compile(accounts, message, blockhash).serializeMessage();
  const signature = await signer.sign(compiled);
  const raw = Buffer.concat([Buffer.of(1), signature, compiled]);
  return { raw, signature: base58.encode(signature) };
}
