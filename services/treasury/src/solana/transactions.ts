import { type Address, LLAMA_DECIMALS, memoInstruction } from "@flock/solana";
import { base58 } from "@scure/base";
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
} from "@solana/spl-token";
import { ComputeBudgetProgram, PublicKey, Transaction, type TransactionInstruction } from "@solana/web3.js";
import type { Signer } from "../chain/chain.js";
import type { BaseUnits } from "../domain/base-units.js";
import { type Footprint, footprintOf, transactionBytes } from "./transaction-size.js";
import type { TreasuryAccounts } from "./treasury-accounts.js";

/** What one recipient is paid. */
export interface TokenTransfer {
  readonly wallet: Address;
  /** The wallet's associated token account: derived once, it takes a good millisecond. */
  readonly tokenAccount: Address;
  readonly amount: BaseUnits;
  /** The token account does not exist: the transaction makes it first, if nobody else has by then. */
  readonly isNew: boolean;
}

/** A transfer as a transaction carries it; made once, for it is measured in many combinations. */
export interface PreparedTransfer {
  readonly instructions: readonly TransactionInstruction[];
  readonly footprint: Footprint;
}

/** What the inclusion of a transaction costs, and what it may use. */
export interface ComputeBudget {
  readonly unitsMax: number;
  readonly microLamportsPerUnit: bigint;
}

/** More than any batch needs: for simulating and measuring, before the need is known. */
const ANY_BUDGET: ComputeBudget = { unitsMax: 1_400_000, microLamportsPerUnit: 0n };

/** A blockhash of the right length, for simulating: the endpoint puts a fresh one there. */
const NO_BLOCKHASH = PublicKey.default.toBase58();

/**
 * Makes the treasury's transactions: compute budget and memo, then each transfer. One signer, the treasury's wallet.
 * The memo makes a transaction findable in the account's history without its signature.
 */
export class SolanaTransactions {
  readonly #wallet: PublicKey;
  readonly #mint: PublicKey;
  readonly #tokenAccount: PublicKey;

  constructor({ wallet, mint, tokenAccount }: TreasuryAccounts) {
    this.#wallet = new PublicKey(wallet);
    this.#mint = new PublicKey(mint);
    this.#tokenAccount = new PublicKey(tokenAccount);
  }

  /** `Create token account if missing` (only for who has none), then `transfer checked`. */
  prepare({ wallet, tokenAccount, amount, isNew }: TokenTransfer): PreparedTransfer {
    const [owner, to, mint] = [new PublicKey(wallet), new PublicKey(tokenAccount), this.#mint];
    const pay = createTransferCheckedInstruction(
      this.#tokenAccount,
      mint,
      to,
      this.#wallet,
      amount,
      LLAMA_DECIMALS,
    );
    const create = () => createAssociatedTokenAccountIdempotentInstruction(this.#wallet, to, owner, mint);
    const instructions = isNew ? [create(), pay] : [pay];
    return { instructions, footprint: footprintOf(instructions) };
  }

  /** How to measure, in bytes, the signed transactions with a memo of this length, whatever their budget is. */
  measuring(memo: string): (transfers: readonly PreparedTransfer[]) => number {
    const head = footprintOf(headInstructions(memo, ANY_BUDGET));
    return (transfers) =>
      transactionBytes(this.#wallet, [head, ...transfers.map(({ footprint }) => footprint)]);
  }

  /** The bytes for a simulation, unsigned; and which of the transfers each instruction belongs to, if to one. */
  unsigned(
    memo: string,
    transfers: readonly PreparedTransfer[],
  ): { readonly raw: Uint8Array; readonly transferOf: readonly (number | undefined)[] } {
    const head = headInstructions(memo, ANY_BUDGET);
    const raw = this.#compile(head, transfers, NO_BLOCKHASH).serialize({
      requireAllSignatures: false,
      verifySignatures: false,
    });
    const own = transfers.flatMap(({ instructions }, index) => instructions.map(() => index));
    return { raw, transferOf: [...head.map(() => undefined), ...own] };
  }

  /** Signs a transaction. The same inputs give the same bytes and the same signature. */
  async sign(
    message: {
      readonly memo: string;
      readonly transfers: readonly PreparedTransfer[];
      readonly budget: ComputeBudget;
      readonly blockhash: string;
    },
    signer: Signer,
  ): Promise<{ readonly raw: Uint8Array; readonly signature: string }> {
    const head = headInstructions(message.memo, message.budget);
    const compiled = this.#compile(head, message.transfers, message.blockhash).serializeMessage();
    const signature = await signer.sign(compiled);
    const raw = Buffer.concat([Buffer.of(1), signature, compiled]);
    return { raw, signature: base58.encode(signature) };
  }

  #compile(
    head: readonly TransactionInstruction[],
    transfers: readonly PreparedTransfer[],
    blockhash: string,
  ): Transaction {
    const transaction = new Transaction({ feePayer: this.#wallet });
    transaction.recentBlockhash = blockhash;
    return transaction.add(...head, ...transfers.flatMap(({ instructions }) => instructions));
  }
}

/** The instructions that every transaction begins with; their size does not depend on the budget. */
function headInstructions(memo: string, budget: ComputeBudget): TransactionInstruction[] {
  return [
    ComputeBudgetProgram.setComputeUnitLimit({ units: budget.unitsMax }),
    ComputeBudgetProgram.setComputeUnitPrice({ microLamports: budget.microLamportsPerUnit }),
    memoInstruction(memo),
  ];
}
