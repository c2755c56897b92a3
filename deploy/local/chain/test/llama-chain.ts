import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
} from "@solana/spl-token";
import {
  Connection,
  Keypair,
  PublicKey,
  SystemProgram,
  Transaction,
  TransactionInstruction,
} from "@solana/web3.js";
import { startTestChain, type TestChain, type TestChainOptions } from "../src/testing.js";

const MEMO_PROGRAM = new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");

/** A local chain on which the treasury has all LLAMA, with what tests do to it. */
export class LlamaChain {
  readonly chain: TestChain;
  /** Unmodified, at commitment "confirmed". */
  readonly connection: Connection;
  readonly treasury: Keypair;
  readonly mint: PublicKey;
  readonly treasuryAccount: PublicKey;

  private constructor(chain: TestChain, treasury: Keypair, mint: string, treasuryAccount: string) {
    this.chain = chain;
    this.connection = connectTo(chain.rpcUrl);
    this.treasury = treasury;
    this.mint = new PublicKey(mint);
    this.treasuryAccount = new PublicKey(treasuryAccount);
  }

  /** In this process unless told otherwise; LLAMA's creation is finalized. */
  static async start(options: TestChainOptions = {}): Promise<LlamaChain> {
    const chain = await startTestChain({ run: "inside", ...options });
    const treasury = Keypair.generate();
    const llama = await chain.setUpLlama({ treasuryOwner: treasury.publicKey.toBase58() });
    await chain.controls.advanceSlots(40);
    return new LlamaChain(chain, treasury, llama.mint, llama.treasuryTokenAccount);
  }

  /** Where `owner` has its LLAMA. */
  accountOf(owner: PublicKey): PublicKey {
    return getAssociatedTokenAddressSync(this.mint, owner, true);
  }

  /** A signed payment by the treasury that creates the recipient's account if need be. */
  async payment(to: PublicKey, amountMicro: bigint, memo = "payment"): Promise<Transaction> {
    const account = this.accountOf(to);
    const payer = this.treasury.publicKey;
    return this.signed([
      createAssociatedTokenAccountIdempotentInstruction(payer, account, to, this.mint),
      createTransferCheckedInstruction(this.treasuryAccount, this.mint, account, payer, amountMicro, 6),
      memoInstruction(memo),
    ]);
  }

  /** A transaction of the treasury's with a confirmed blockhash. */
  async signed(instructions: TransactionInstruction[], ...signers: Keypair[]): Promise<Transaction> {
    const transaction = new Transaction(await this.connection.getLatestBlockhash());
    transaction.feePayer = this.treasury.publicKey;
    transaction.add(...instructions).sign(this.treasury, ...signers);
    return transaction;
  }

  send(transaction: Transaction, options: { skipPreflight?: boolean } = {}): Promise<string> {
    return this.connection.sendRawTransaction(transaction.serialize({ verifySignatures: false }), options);
  }

  /** Pays and returns the signature. */
  async pay(to: PublicKey, amountMicro: bigint, memo?: string): Promise<string> {
    return this.send(await this.payment(to, amountMicro, memo));
  }

  /** µLLAMA that `owner` has in the newest block; 0 without an account. */
  async held(owner: PublicKey): Promise<bigint> {
    const account = await this.connection.getParsedAccountInfo(this.accountOf(owner), "processed");
    const data = account.value?.data;
    if (data === undefined || !("parsed" in data)) return 0n;
    return BigInt(data.parsed.info.tokenAmount.amount);
  }

  /** Whether and how far a transaction has come. */
  async status(signature: string, connection = this.connection) {
    const { value } = await connection.getSignatureStatuses([signature], { searchTransactionHistory: true });
    return value[0]?.confirmationStatus ?? null;
  }

  /** Has a fresh wallet given SOL. */
  async wallet(sol = 1): Promise<Keypair> {
    const wallet = Keypair.generate();
    await this.connection.requestAirdrop(wallet.publicKey, sol * 1e9);
    return wallet;
  }

  stop(): Promise<void> {
    return this.chain.stop();
  }
}

/** An unmodified Connection at commitment "confirmed". */
export function connectTo(rpcUrl: string): Connection {
  return new Connection(rpcUrl, { commitment: "confirmed", fetch: fetchOnce });
}

/**
 * fetch with every call on a connection of its own, which no restart of the chain can have broken, and with errors of
 * this realm: Connection waits for ever when what fetch throws is no `instanceof Error`, and jest runs tests in a realm
 * with another Error than fetch's.
 */
const fetchOnce: typeof fetch = async (input, init) => {
  try {
    return await fetch(input, { ...init, headers: { ...init?.headers, Connection: "close" } });
  } catch (error) {
    throw new Error("fetch failed", { cause: error });
  }
};

export function memoInstruction(text: string): TransactionInstruction {
  return new TransactionInstruction({ programId: MEMO_PROGRAM, keys: [], data: Buffer.from(text) });
}

export function transferSol(from: PublicKey, to: PublicKey, lamports: number): TransactionInstruction {
  return SystemProgram.transfer({ fromPubkey: from, toPubkey: to, lamports });
}
