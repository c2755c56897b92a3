import { generateIdentity, type Identity } from "@flock/keys";
import { memoInstruction, openConnection } from "@flock/solana";
import { base58 } from "@scure/base";
import {
  AuthorityType,
  createAssociatedTokenAccountIdempotentInstruction,
  createCloseAccountInstruction,
  createSetAuthorityInstruction,
  createTransferCheckedInstruction,
  getAssociatedTokenAddressSync,
  TOKEN_PROGRAM_ID,
} from "@solana/spl-token";
import {
  type Connection,
  Keypair,
  PublicKey,
  Transaction,
  type TransactionInstruction,
} from "@solana/web3.js";

export interface Payment {
  readonly to: string;
  readonly amount: bigint;
  readonly memos?: readonly string[];
  readonly references?: readonly string[];
  /** Signs as well, and sends as much again: a transaction with two senders. */
  readonly partner?: TestWallet;
  /** Signs as well, and pays the fee; default: who pays. */
  readonly feePayer?: TestWallet;
}

/** Somebody's wallet on the local chain, with as much of web3.js as a wallet has. */
export class TestWallet {
  readonly identity: Identity;
  readonly keypair: Keypair;
  readonly #connection: Connection;
  readonly #mint: PublicKey;

  constructor(rpcUrl: string, mint: string, identity = generateIdentity()) {
    this.identity = identity;
    this.keypair = Keypair.fromSecretKey(identity.secretKey());
    this.#connection = openConnection(rpcUrl, 3_000);
    this.#mint = new PublicKey(mint);
  }

  get address(): string {
    return this.identity.id;
  }

  get tokenAccount(): PublicKey {
    return getAssociatedTokenAddressSync(this.#mint, this.keypair.publicKey);
  }

  sign(text: string): Uint8Array {
    return this.identity.sign(Buffer.from(text, "utf8"));
  }

  /** Sends what it signs, once, and returns the signature, by which the chain says whether it landed. */
  async send(
    instructions: readonly TransactionInstruction[],
    others: readonly Keypair[] = [],
    feePayer: TestWallet = this,
  ): Promise<string> {
    const transaction = new Transaction({ feePayer: feePayer.keypair.publicKey });
    transaction.recentBlockhash = (await this.#connection.getLatestBlockhash("confirmed")).blockhash;
    transaction.add(...instructions);
    transaction.sign(feePayer.keypair, this.keypair, ...others);
    // The answer may be lost: whether it landed is for the chain to say.
    await this.#connection
      .sendRawTransaction(transaction.serialize(), { skipPreflight: true })
      .catch(() => {});
    return base58.encode(transaction.signature ?? new Uint8Array());
  }

  /** Pays LLAMA to a wallet, with the memos and reference keys of a deposit. */
  async pay({ to, amount, memos = [], references = [], partner, feePayer }: Payment): Promise<string> {
    const owner = new PublicKey(to);
    const account = getAssociatedTokenAddressSync(this.#mint, owner, true);
    const transfer = this.#transfer(account, amount);
    transfer.keys.push(
      ...references.map((key) => ({ pubkey: new PublicKey(key), isSigner: false, isWritable: false })),
    );
    return await this.send(
      [
        ...memos.map((memo) => memoInstruction(memo)),
        createAssociatedTokenAccountIdempotentInstruction(this.keypair.publicKey, account, owner, this.#mint),
        transfer,
        ...(partner === undefined ? [] : [partner.#transfer(account, amount)]),
      ],
      partner === undefined ? [] : [partner.keypair],
      feePayer,
    );
  }

  #transfer(to: PublicKey, amount: bigint): TransactionInstruction {
    return createTransferCheckedInstruction(
      this.tokenAccount,
      this.#mint,
      to,
      this.keypair.publicKey,
      amount,
      6,
      [],
      TOKEN_PROGRAM_ID,
    );
  }

  /** Gets SOL from the local chain's faucet. */
  async fund(sol = 1): Promise<void> {
    await this.#connection.requestAirdrop(this.keypair.publicKey, sol * 1_000_000_000);
  }

  /** Makes its token account. */
  async openTokenAccount(): Promise<string> {
    const { publicKey } = this.keypair;
    const account = this.tokenAccount;
    return await this.send([
      createAssociatedTokenAccountIdempotentInstruction(publicKey, account, publicKey, this.#mint),
    ]);
  }

  /** Gives its token account to somebody else: it cannot be made again, and is no longer this wallet's. */
  async giveTokenAccountTo(owner: PublicKey): Promise<string> {
    const { publicKey } = this.keypair;
    return await this.send([
      createSetAuthorityInstruction(this.tokenAccount, publicKey, AuthorityType.AccountOwner, owner),
    ]);
  }

  /** Closes its (empty) token account. */
  async closeTokenAccount(): Promise<string> {
    const { publicKey } = this.keypair;
    return await this.send([createCloseAccountInstruction(this.tokenAccount, publicKey, publicKey)]);
  }

  /** What it holds now; 0 without a token account. */
  async balance(): Promise<bigint> {
    return await tokenBalance(this.#connection, this.tokenAccount);
  }
}

/** Newest balance of a token account; 0 if there is none. */
export async function tokenBalance(connection: Connection, account: PublicKey): Promise<bigint> {
  const info = await connection.getAccountInfo(account, "processed");
  // Layout of a token account: mint 32, owner 32, amount u64.
  return info === null ? 0n : info.data.readBigUInt64LE(64);
}
