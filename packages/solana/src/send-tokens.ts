import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import type { Identity } from "@flock/keys";
import { formatLlama, type MicroLlama, microLlama } from "@flock/money";
import { base58 } from "@scure/base";
import { createTransferCheckedInstruction } from "@solana/spl-token";
import {
  type Connection,
  Keypair,
  PublicKey,
  type SignatureStatus,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { type Address, toAddress } from "./address.js";
import { openConnection } from "./connection.js";
import { associatedTokenAccount, LLAMA_DECIMALS } from "./llama-token.js";
import { memoInstruction } from "./memo-instruction.js";

const RPC_TIMEOUT_MS = 15_000;
const POLL_MS = 400;
/** The same bytes are sent again so often, until they land or can land no more. */
const RESEND_AFTER_POLLS = 5;

export interface LlamaTransfer {
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
export async function sendTokens(transfer: LlamaTransfer): Promise<string> {
  const connection = openConnection(transfer.rpcUrl, RPC_TIMEOUT_MS);
  const found = await asking(transfer, connection.getGenesisHash());
  if (found !== transfer.genesisHash)
    throw new FlockError(
      "failed_precondition",
      `${transfer.rpcUrl} is a node of the chain ${found}, not of ${transfer.genesisHash}`,
    );
  const mint = toAddress(transfer.mint);
  const source = associatedTokenAccount(toAddress(transfer.wallet.id), mint);
  if (associatedTokenAccount(toAddress(transfer.recipient), mint) !== transfer.tokenAccount)
    throw new FlockError(
      "failed_precondition",
      `${transfer.tokenAccount} is not the token account of ${transfer.recipient}: nothing was sent`,
    );
  await requireFunds(connection, transfer, source);
  const latest = await asking(transfer, connection.getLatestBlockhash("confirmed"));
  const { wire, signature } = signedTransfer(transfer, source, latest.blockhash);
  await landed(connection, transfer, wire, signature, latest.lastValidBlockHeight);
  return signature;
}

async function requireFunds(connection: Connection, transfer: LlamaTransfer, source: Address): Promise<void> {
  const sourceKey = new PublicKey(source);
  const account = await asking(transfer, connection.getAccountInfo(sourceKey));
  const held =
    account === null
      ? 0n
      : BigInt((await asking(transfer, connection.getTokenAccountBalance(sourceKey))).value.amount);
  if (held < transfer.amount)
    throw new FlockError(
      "insufficient_funds",
      `${formatLlama(transfer.amount)} LLAMA are to be sent, the wallet holds ${formatLlama(microLlama(held))} on chain`,
    );
  if ((await asking(transfer, connection.getBalance(new PublicKey(transfer.wallet.id)))) === 0)
    throw new FlockError("insufficient_funds", "the wallet has no SOL to pay the fee with");
}

function signedTransfer(
  { wallet, mint, tokenAccount, memo, amount }: LlamaTransfer,
  source: Address,
  blockhash: string,
): { wire: Uint8Array; signature: string } {
  const keypair = Keypair.fromSecretKey(wallet.secretKey());
  const message = new TransactionMessage({
    payerKey: keypair.publicKey,
    recentBlockhash: blockhash,
    instructions: [
      createTransferCheckedInstruction(
        new PublicKey(source),
        new PublicKey(mint),
        new PublicKey(tokenAccount),
        keypair.publicKey,
        amount,
        LLAMA_DECIMALS,
      ),
      memoInstruction(memo, toAddress(wallet.id)),
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
  transfer: LlamaTransfer,
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
    await sleep(POLL_MS);
  }
}

async function statusOf(
  connection: Connection,
  transfer: LlamaTransfer,
  signature: string,
): Promise<SignatureStatus | null> {
  const options = { searchTransactionHistory: true };
  const { value } = await asking(transfer, connection.getSignatureStatuses([signature], options));
  return value[0] ?? null;
}

async function asking<T>({ rpcUrl }: LlamaTransfer, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n", 1)[0] : String(cause);
    throw new FlockError("unavailable", `${rpcUrl}: ${reason}`, { cause });
  }
}
