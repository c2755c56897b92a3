import { createHash, randomInt } from "node:crypto";
import {
  ComputeBudgetProgram,
  Keypair,
  PublicKey,
  SystemProgram,
  TransactionMessage,
  VersionedTransaction,
} from "@solana/web3.js";
import { decodeTransaction, type WireTransaction } from "./wire-transaction.js";

/** Who has all SOL in the beginning. The key is no secret: SOL on this chain is worth nothing. */
const FAUCET = Keypair.fromSeed(createHash("sha256").update("flockollamas local faucet").digest());

export const FAUCET_ADDRESS = FAUCET.publicKey.toBase58();

/** A compute limit high enough for a transfer, plus up to this, tells airdrops of the same amount apart. */
const DISTINCT_AIRDROPS = 1_000_000;
/** Random at first, so that a restarted process does not repeat those of its predecessor. */
let airdrops = randomInt(DISTINCT_AIRDROPS);

/** A transfer from the faucet, signed: airdrops land like anything else. */
export function airdropTransaction(to: string, lamports: number, blockhash: string): WireTransaction {
  airdrops = (airdrops + 1) % DISTINCT_AIRDROPS;
  const message = new TransactionMessage({
    payerKey: FAUCET.publicKey,
    recentBlockhash: blockhash,
    instructions: [
      ComputeBudgetProgram.setComputeUnitLimit({ units: 10_000 + airdrops }),
      SystemProgram.transfer({ fromPubkey: FAUCET.publicKey, toPubkey: new PublicKey(to), lamports }),
    ],
  });
  const transaction = new VersionedTransaction(message.compileToLegacyMessage());
  transaction.sign([FAUCET]);
  return decodeTransaction(transaction.serialize());
}
