import { FlockError } from "@flock/errors";
import type { Identity } from "@flock/keys";
import { delay } from "@flock/mesh";
import { formatLlama, type MicroLlama, microLlama } from "@flock/money";
import { base58 } from "@scure/base";
import { createTransferCheckedInstruction, getAssociatedTokenAddressSync } from "@solana/spl-token";
import {
  Connection,
  type FetchFn,
  Keypair,
  PublicKey,
  type SignatureStatus,
  TransactionInstruction,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";

/** LLAMA has six decimals: a unit of the mint is a µLLAMA. */
const LLAMA_DECIMALS = 6;
const MEMO_PROGRAM = new PublicKey("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const RPC_TIMEOUT_MS = 15_000;
const POLL_MS = 400;
/** The same bytes are sent again so often, until they land or can land no more. */
const RESEND_AFTER_POLLS = 5;

export interface TokenTransfer {
  readonly rpcUrl: string;
  /** Of the chain that the transfer is meant for. */
  readonly genesisHash: string;
  /** Who pays the LLAMA and the fee. */
  readonly wallet: Identity;
  readonly mint: string;
  /** Wallet address whose associated token account `tokenAccount` must be. */
  readonly recipient: string;
  readonly tokenAccount: string;
  readonly memo: string;
  readonly amount: MicroLlama;
}

/**
 * Sends LLAMA with a memo, and resolves to the transaction's signature when it is finalized.
 * @throws FlockError `failed_precondition`: another chain, an account that is not the recipient's, or a transfer that
 *   failed; `insufficient_funds`; `aborted` when it did not land and never will; `unavailable` when the RPC does not
 *   answer.
 */
export async function sendTokens(transfer: TokenTransfer): Promise<string> {
  const connection = new Connection(transfer.rpcUrl, {
    commitment: "confirmed",
    disableRetryOnRateLimit: true,
    fetch: fetchInTime,
  });
  const found = await asking(transfer, connection.getGenesisHash());
  if (found !== transfer.genesisHash)
    throw new FlockError(
      "failed_precondition",
      `${transfer.rpcUrl} is a node of the chain ${found}, not of ${transfer.genesisHash}`,
    );
  const mint = new PublicKey(transfer.mint);
  const owned = getAssociatedTokenAddressSync(mint, new PublicKey(transfer.recipient), true);
  if (owned.toBase58() !== transfer.tokenAccount)
    throw new FlockError(
      "failed_precondition",
      `${transfer.tokenAccount} is not the token account of ${transfer.recipient}: nothing was sent`,
    );
  await requireFunds(connection, transfer, mint);
  const latest = await asking(transfer, connection.getLatestBlockhash("confirmed"));
  const { wire, signature } = signedTransfer(transfer, mint, latest.blockhash);
  await landed(connection, transfer, wire, signature, latest.lastValidBlockHeight);
  return signature;
}

async function requireFunds(connection: Connection, transfer: TokenTransfer, mint: PublicKey): Promise<void> {
  const source = getAssociatedTokenAddressSync(mint, new PublicKey(transfer.wallet.id), true);
  const account = await asking(transfer, connection.getAccountInfo(source));
  const held =
    account === null
      ? 0n
      : BigInt((await asking(transfer, connection.getTokenAccountBalance(source))).value.amount);
  if (held < transfer.amount)
    throw new FlockError(
      "insufficient_funds",
      `${formatLlama(transfer.amount)} LLAMA are to be sent, the wallet holds ${formatLlama(microLlama(held))} on chain`,
    );
  if ((await asking(transfer, connection.getBalance(new PublicKey(transfer.wallet.id)))) === 0)
    throw new FlockError("insufficient_funds", "the wallet has no SOL to pay the fee with");
}

function signedTransfer(
  { wallet, tokenAccount, memo, amount }: TokenTransfer,
  mint: PublicKey,
  blockhash: string,
): { wire: Uint8Array; signature: string } {
  const keypair = Keypair.fromSecretKey(wallet.secretKey());
  const owner = keypair.publicKey;
  const source = getAssociatedTokenAddressSync(mint, owner, true);
  const message = new TransactionMessage({
    payerKey: owner,
    recentBlockhash: blockhash,
    instructions: [
      createTransferCheckedInstruction(
        source,
        mint,
        new PublicKey(tokenAccount),
        owner,
        amount,
        LLAMA_DECIMALS,
      ),
      new TransactionInstruction({
        programId: MEMO_PROGRAM,
        keys: [{ pubkey: owner, isSigner: true, isWritable: false }],
        data: Buffer.from(memo, "utf8"),
      }),
    ],
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([keypair]);
  const [signature = new Uint8Array()] = transaction.signatures;
  return { wire: transaction.serialize(), signature: base58.encode(signature) };
}

/** Sends the same bytes until they are finalized or can land no more. By polling alone: no websocket is opened. */
async function landed(
  connection: Connection,
  transfer: TokenTransfer,
  wire: Uint8Array,
  signature: string,
  lastValidBlockHeight: number,
): Promise<void> {
  const send = () =>
    asking(transfer, connection.sendRawTransaction(wire, { preflightCommitment: "confirmed" }));
  await send();
  for (let polls = 1; ; polls += 1) {
    const status = await statusOf(connection, transfer, signature);
    if (status?.err)
      throw new FlockError(
        "failed_precondition",
        `the transfer ${signature} failed: ${JSON.stringify(status.err)}`,
      );
    if (status?.confirmationStatus === "finalized") return;
    if (
      status === null &&
      (await asking(transfer, connection.getBlockHeight("finalized"))) > lastValidBlockHeight
    ) {
      // Asked once more: it may have landed between the two questions.
      if ((await statusOf(connection, transfer, signature)) !== null) continue;
      throw new FlockError(
        "aborted",
        `the transfer ${signature} did not land and never will: nothing was sent`,
      );
    }
    // Refused as a duplicate, it has landed: the next look tells.
    if (status === null && polls % RESEND_AFTER_POLLS === 0) await send().catch(() => {});
    await delay(POLL_MS);
  }
}

async function statusOf(
  connection: Connection,
  transfer: TokenTransfer,
  signature: string,
): Promise<SignatureStatus | null> {
  const options = { searchTransactionHistory: true };
  const { value } = await asking(transfer, connection.getSignatureStatuses([signature], options));
  return value[0] ?? null;
}

/** The library's own has no timeout, and after some failures its caller never gets an answer. */
const fetchInTime: FetchFn = async (url, init) => {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(RPC_TIMEOUT_MS) });
  } catch (cause) {
    throw new Error("the RPC does not answer", { cause });
  }
};

async function asking<T>({ rpcUrl }: TokenTransfer, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new FlockError("unavailable", `${rpcUrl}: ${reason}`, { cause });
  }
}
