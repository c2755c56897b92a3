import { FlockError } from "@flock/errors";
import { addressOf, openConnection } from "@flock/solana";
import {
  type Connection,
  PublicKey,
  type SignatureStatus as RpcStatus,
  VersionedTransaction,
} from "@solana/web3.js";
import type { AccountFacts, Blockhash, Chain, HistoryEntry, Simulation } from "../chain/chain.js";
import type { SignatureStatus } from "../domain/batch.js";
import type { ChainTransaction } from "../domain/movement.js";
import { readChainTransaction } from "./read-transaction.js";
import type { TreasuryAccounts } from "./treasury-accounts.js";

export interface SolanaChainOptions {
  /** May carry credentials; they are never logged. */
  readonly url: string;
  readonly accounts: TreasuryAccounts;
  /** An answer that takes longer is none. Default 10 000. */
  readonly timeoutMs?: number;
}

/**
 * A Solana JSON-RPC endpoint. By requests alone: none of the client's helpers that confirm, retry or remember a
 * blockhash is used.
 */
export class SolanaChain implements Chain {
  readonly endpoint: string;
  readonly #connection: Connection;
  readonly #accounts: TreasuryAccounts;

  constructor(options: SolanaChainOptions) {
    const timeoutMs = options.timeoutMs ?? 10_000;
    this.endpoint = new URL(options.url).host;
    this.#accounts = options.accounts;
    this.#connection = openConnection(options.url, timeoutMs);
  }

  /** @param read What its answer says; an answer that cannot be read is none. */
  async #ask<T, Read = T>(
    what: string,
    question: (connection: Connection) => Promise<T>,
    // CAST: without it, what is answered is what is asked for.
    read: (answer: T) => Read = (answer) => answer as unknown as Read,
  ): Promise<Read> {
    try {
      return read(await question(this.#connection));
    } catch (cause) {
      throw new FlockError("unavailable", `${this.endpoint} did not answer ${what}`, { cause });
    }
  }

  genesisHash(): Promise<string> {
    return this.#ask("getGenesisHash", (rpc) => rpc.getGenesisHash());
  }

  async latestBlockhash(): Promise<Blockhash> {
    return this.#ask(
      "getLatestBlockhash",
      (rpc) => rpc.getLatestBlockhashAndContext("confirmed"),
      ({ context, value }) => ({
        blockhash: value.blockhash,
        lastValidBlockHeight: BigInt(value.lastValidBlockHeight),
        slot: BigInt(context.slot),
      }),
    );
  }

  async isBlockhashValid(blockhash: string): Promise<boolean> {
    const { value } = await this.#ask("isBlockhashValid", (rpc) =>
      rpc.isBlockhashValid(blockhash, { commitment: "processed" }),
    );
    return value;
  }

  async finalizedBlockHeight(): Promise<bigint> {
    return this.#ask("getBlockHeight", (rpc) => rpc.getBlockHeight("finalized"), BigInt);
  }

  async simulate(raw: Uint8Array): Promise<Simulation> {
    const { value } = await this.#ask("simulateTransaction", (rpc) =>
      rpc.simulateTransaction(VersionedTransaction.deserialize(raw), {
        commitment: "confirmed",
        sigVerify: false,
        replaceRecentBlockhash: true,
      }),
    );
    if (value.err !== null)
      return { kind: "failed", error: errorText(value.err), instruction: failedInstruction(value.err) };
    return { kind: "succeeded", computeUnits: value.unitsConsumed ?? 0 };
  }

  async recentPriorityFees(accounts: readonly string[]): Promise<bigint[]> {
    const lockedWritableAccounts = accounts.map((address) => new PublicKey(address));
    return this.#ask(
      "getRecentPrioritizationFees",
      (rpc) => rpc.getRecentPrioritizationFees({ lockedWritableAccounts }),
      (fees) => fees.map(({ prioritizationFee }) => BigInt(prioritizationFee)),
    );
  }

  async send(raw: Uint8Array, minContextSlot: bigint): Promise<void> {
    await this.#ask("sendTransaction", (rpc) =>
      rpc.sendRawTransaction(raw, {
        skipPreflight: true,
        maxRetries: 0,
        minContextSlot: Number(minContextSlot),
      }),
    );
  }

  async statuses(signatures: readonly string[]): Promise<(SignatureStatus | undefined)[]> {
    const found = await this.#ask(
      "getSignatureStatuses",
      (rpc) => rpc.getSignatureStatuses([...signatures], { searchTransactionHistory: true }),
      ({ value }) => value.map((status) => (status === null ? undefined : statusOf(status))),
    );
    if (found.length === signatures.length) return found;
    throw new FlockError("unavailable", `${this.endpoint} answered for other signatures`);
  }

  async transaction(signature: string): Promise<ChainTransaction | undefined> {
    return this.#ask(
      "getTransaction",
      (rpc) => rpc.getTransaction(signature, { commitment: "finalized", maxSupportedTransactionVersion: 0 }),
      (response) =>
        response === null ? undefined : readChainTransaction(signature, response, this.#accounts),
    );
  }

  async history(address: string, limit: number, before?: string): Promise<HistoryEntry[]> {
    const options = before === undefined ? { limit } : { limit, before };
    return this.#ask(
      "getSignaturesForAddress",
      (rpc) => rpc.getSignaturesForAddress(new PublicKey(address), options, "finalized"),
      (entries) =>
        entries.map(({ signature, slot, memo }) => ({ signature, slot: BigInt(slot), memo: memo ?? "" })),
    );
  }

  async accounts(addresses: readonly string[]): Promise<(AccountFacts | undefined)[]> {
    const keys = addresses.map((address) => new PublicKey(address));
    const found = await this.#ask("getMultipleAccounts", (rpc) =>
      rpc.getMultipleAccountsInfo(keys, "confirmed"),
    );
    return found.map((account) =>
      account === null
        ? undefined
        : { owner: addressOf(account.owner), data: account.data, isExecutable: account.executable },
    );
  }

  async holdings(): Promise<{ readonly amount: bigint; readonly slot: bigint }> {
    return this.#ask(
      "getTokenAccountBalance",
      (rpc) => rpc.getTokenAccountBalance(new PublicKey(this.#accounts.tokenAccount), "finalized"),
      ({ context, value }) => ({ amount: BigInt(value.amount), slot: BigInt(context.slot) }),
    );
  }

  async lamports(): Promise<bigint> {
    const wallet = new PublicKey(this.#accounts.wallet);
    return this.#ask("getBalance", (rpc) => rpc.getBalance(wallet, "confirmed"), BigInt);
  }
}

function statusOf({ slot, confirmationStatus, err }: RpcStatus): SignatureStatus {
  const error = err === null ? undefined : errorText(err);
  return { slot: BigInt(slot), isFinalized: confirmationStatus === "finalized", error };
}

function errorText(error: unknown): string {
  return typeof error === "string" ? error : JSON.stringify(error);
}

/** `{"InstructionError": [2, …]}` names the third instruction. */
function failedInstruction(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const named: unknown = Reflect.get(error, "InstructionError");
  const index: unknown = Array.isArray(named) ? named[0] : undefined;
  return typeof index === "number" ? index : undefined;
}
