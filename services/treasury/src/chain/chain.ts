import type { SignatureStatus } from "../domain/batch.js";
import type { ChainTransaction } from "../domain/movement.js";

/** A recent blockhash, and how long a transaction with it can be included. */
export interface Blockhash {
  readonly blockhash: string;
  readonly lastValidBlockHeight: bigint;
  /** Slot at which it was asked for: where the transaction is simulated and sent must have come as far. */
  readonly slot: bigint;
}

export type Simulation =
  | { readonly kind: "succeeded"; readonly computeUnits: number }
  /** `instruction`: which one failed, if it was one. */
  | { readonly kind: "failed"; readonly error: string; readonly instruction: number | undefined };

export interface HistoryEntry {
  readonly signature: string;
  readonly slot: bigint;
  /** All memos of the transaction, as the RPC joins them; empty: none. */
  readonly memo: string;
}

/** An account as it is now. */
export interface AccountFacts {
  /** Program that owns it. */
  readonly owner: string;
  readonly data: Uint8Array;
  readonly isExecutable: boolean;
}

/**
 * One endpoint of a chain. Each call asks that endpoint alone and throws FlockError `unavailable` when there is no
 * answer to be had; what an answer is worth is the caller's to judge. Addresses, signatures and hashes are base58
 * texts.
 */
export interface Chain {
  /** For logs and metrics: host and port, never credentials. */
  readonly endpoint: string;
  genesisHash(): Promise<string>;
  latestBlockhash(): Promise<Blockhash>;
  /** Whether a transaction with it could still be included, as seen from the newest block. */
  isBlockhashValid(blockhash: string): Promise<boolean>;
  finalizedBlockHeight(): Promise<bigint>;
  /** Runs a transaction without its signatures and with a fresh blockhash, changing nothing. */
  simulate(raw: Uint8Array): Promise<Simulation>;
  /** What others recently paid for writing these accounts, in micro-lamports per compute unit, per slot. */
  recentPriorityFees(accounts: readonly string[]): Promise<bigint[]>;
  /** Hands the bytes in, once. Says nothing about what becomes of them. */
  send(raw: Uint8Array, minContextSlot: bigint): Promise<void>;
  /** From the whole history, in the order of the signatures; undefined: not found. At most 256. */
  statuses(signatures: readonly string[]): Promise<(SignatureStatus | undefined)[]>;
  /** A finalized transaction; undefined: not found. */
  transaction(signature: string): Promise<ChainTransaction | undefined>;
  /** Finalized transactions that name the address, newest first, before `before` (undefined: from the newest). */
  history(address: string, limit: number, before?: string): Promise<HistoryEntry[]>;
  /** Confirmed state, in the order of the addresses; undefined: there is no such account. At most 100. */
  accounts(addresses: readonly string[]): Promise<(AccountFacts | undefined)[]>;
  /** Finalized balance of the treasury's token account, in base units. */
  holdings(): Promise<{ readonly amount: bigint; readonly slot: bigint }>;
  /** Confirmed balance of the treasury's wallet. */
  lamports(): Promise<bigint>;
}

/** Puts a signature under what the treasury's key decided. A key file now; KMS or a multisig later. */
export interface Signer {
  /** Wallet address, base58. */
  readonly address: string;
  /** 64-byte Ed25519 signature. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
