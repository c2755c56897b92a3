import { randomBytes } from "node:crypto";
import { PublicKey } from "@solana/web3.js";
import { baseUnits } from "./domain/base-units.js";
import { payoutMemo } from "./domain/memos.js";
import { packBatches, TRANSACTION_BYTES_MAX } from "./domain/pack-batches.js";
import { associatedTokenAccount } from "./solana/addresses.js";
import { COMPUTE_UNITS_MAX, headInstructions, transferInstructions } from "./solana/batch-transaction.js";
import { footprintOf, transactionBytes } from "./solana/transaction-size.js";

export interface PackingSpeed {
  /**
   * Of the size limit of a transaction, in percent: the mean over all batches but the last, which takes what is left.
   */
  readonly fillPercent: number;
  readonly payoutsPerBatch: number;
  /** Packed per second, with everything that their instructions need computed before. */
  readonly payoutsPerSecond: number;
}

const MEMO = payoutMemo("_".repeat(16));

/** Packs made-up payouts as the treasury does, a part of them (0 to 1) to recipients without a token account. */
export function measurePacking(payouts: number, newShare: number): PackingSpeed {
  const wallet = new PublicKey(randomBytes(32));
  const mint = new PublicKey(randomBytes(32));
  const accounts = { wallet, mint, tokenAccount: associatedTokenAccount(wallet, mint) };
  const head = footprintOf(headInstructions(MEMO, { unitsMax: COMPUTE_UNITS_MAX, microLamportsPerUnit: 0n }));
  const waiting = Array.from({ length: payouts }, (_, index) => {
    const recipient = new PublicKey(randomBytes(32));
    const isNew = (index * newShare) % 1 >= 1 - newShare;
    const tokenAccount = associatedTokenAccount(recipient, mint);
    const transfer = { wallet: recipient, tokenAccount, amount: baseUnits(1_000_000n), isNew };
    return footprintOf(transferInstructions(accounts, transfer));
  });
  const startedMs = performance.now();
  const batches = packBatches(waiting, (items) => transactionBytes(wallet, [head, ...items]), payouts);
  const durationMs = performance.now() - startedMs;
  const full = batches.slice(0, -1);
  const bytes = full.reduce((sum, batch) => sum + batch.bytes, 0) / full.length;
  return {
    fillPercent: (100 * bytes) / TRANSACTION_BYTES_MAX,
    payoutsPerBatch: payouts / batches.length,
    payoutsPerSecond: (payouts * 1_000) / durationMs,
  };
}
