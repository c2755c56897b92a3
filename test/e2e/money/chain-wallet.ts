import { readFileSync } from "node:fs";
import { eventually } from "@flock/harness";
import { generateIdentity, type Identity, identityFromSecretKey } from "@flock/keys";
import {
  createAssociatedTokenAccountIdempotentInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
} from "@solana/spl-token";
import {
  type Commitment,
  Connection,
  Keypair,
  LAMPORTS_PER_SOL,
  PublicKey,
  Transaction,
  TransactionInstruction,
} from "@solana/web3.js";

const MEMO_PROGRAM = new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const DECIMALS = 6;

/** Where a mesh's LLAMA is. */
export interface LlamaChain {
  readonly solanaRpcUrl: string;
  readonly mint: string;
}

/** Somebody's wallet: a key, and what he does with it on the chain, through an unmodified `@solana/web3.js`. */
export class ChainWallet {
  readonly identity: Identity;
  readonly #keypair: Keypair;
  readonly #connection: Connection;
  readonly #mint: PublicKey;

  constructor({ solanaRpcUrl, mint }: LlamaChain, identity = generateIdentity()) {
    this.identity = identity;
    this.#keypair = Keypair.fromSecretKey(identity.secretKey());
    this.#connection = new Connection(solanaRpcUrl, "confirmed");
    this.#mint = new PublicKey(mint);
  }

  /** The wallet of a key file, as Solana's tools write it. */
  static fromFile(chain: LlamaChain, file: string): ChainWallet {
    const secret: unknown = JSON.parse(readFileSync(file, "utf8"));
    return new ChainWallet(chain, identityFromSecretKey(Uint8Array.from(secret as number[])));
  }

  get address(): string {
    return this.identity.id;
  }

  /** Signature under a text, base64. */
  sign(text: string): string {
    return Buffer.from(this.identity.sign(Buffer.from(text, "utf8"))).toString("base64");
  }

  /** Asks the local chain for SOL and waits until it is there. */
  async airdrop(sol: number): Promise<void> {
    await this.#connection.requestAirdrop(this.#keypair.publicKey, sol * LAMPORTS_PER_SOL);
    await eventually("the SOL to arrive", async () => {
      return (await this.#connection.getBalance(this.#keypair.publicKey)) >= sol * LAMPORTS_PER_SOL;
    });
  }

  /** LLAMA in the wallet's token account, in base units; 0 if it has none. */
  async llama(commitment: Commitment = "confirmed"): Promise<bigint> {
    const account = getAssociatedTokenAddressSync(this.#mint, this.#keypair.publicKey);
    const info = await this.#connection.getParsedAccountInfo(account, commitment);
    if (info.value === null) return 0n;
    const { value } = await this.#connection.getTokenAccountBalance(account, commitment);
    return BigInt(value.amount);
  }

  /** Pays LLAMA to a wallet; resolves with the transaction's signature when it is confirmed. */
  async pay(to: string, amount: bigint, memo?: string): Promise<string> {
    const owner = new PublicKey(to);
    const account = getAssociatedTokenAddressSync(this.#mint, owner, true);
    const own = getAssociatedTokenAddressSync(this.#mint, this.#keypair.publicKey);
    const payer = this.#keypair.publicKey;
    const transaction = new Transaction({ feePayer: payer });
    transaction.recentBlockhash = (await this.#connection.getLatestBlockhash()).blockhash;
    if (memo !== undefined)
      transaction.add(
        new TransactionInstruction({ programId: MEMO_PROGRAM, keys: [], data: Buffer.from(memo, "utf8") }),
      );
    transaction.add(
      createAssociatedTokenAccountIdempotentInstruction(payer, account, owner, this.#mint),
      createTransferCheckedInstruction(own, this.#mint, account, payer, amount, DECIMALS),
    );
    transaction.sign(this.#keypair);
    const signature = await this.#connection.sendRawTransaction(transaction.serialize());
    await eventually("the payment to be confirmed", () => this.reached(signature, "confirmed"));
    return signature;
  }

  /** Whether the transaction has this commitment, or a higher one. */
  async reached(signature: string, commitment: "confirmed" | "finalized"): Promise<boolean> {
    const { value } = await this.#connection.getSignatureStatuses([signature]);
    const status = value[0]?.confirmationStatus;
    return status === "finalized" || status === commitment;
  }

  /** The memos of a transaction, as its log tells them. */
  async memoOf(signature: string): Promise<string> {
    const found = await this.#connection.getParsedTransaction(signature, {
      commitment: "finalized",
      maxSupportedTransactionVersion: 0,
    });
    return (found?.meta?.logMessages ?? []).join("\n");
  }
}
