import { generateIdentity } from "@flock/keys";
import { type Address, associatedTokenAccount, toAddress } from "@flock/solana";
import {
  baseUnits,
  packBatches,
  payoutMemo,
  SolanaTransactions,
  TRANSACTION_BYTES_MAX,
  treasuryAccounts,
} from "@flock/treasury/internal";

export interface PackingSpeed {
  /**
   * Of the size limit of a transaction, in percent: the mean over all batches but the last, which takes what is left.
   */
  readonly fillPercent: number;
  readonly payoutsPerBatch: number;
  /** Packed per second, with everything that their instructions need computed before. */
  readonly payoutsPerSecond: number;
}

/** A batch's id is as long as this one. */
const MEMO = payoutMemo("_".repeat(16));

/** Packs made-up payouts as the treasury does, a part of them (0 to 1) to recipients without a token account. */
export function measurePacking(payouts: number, newShare: number): PackingSpeed {
  const mint = anyAddress();
  const transactions = new SolanaTransactions(treasuryAccounts(anyAddress(), mint));
  const measure = transactions.measuring(MEMO);
  const waiting = Array.from({ length: payouts }, (_, index) => {
    const wallet = anyAddress();
    const isNew = (index * newShare) % 1 >= 1 - newShare;
    const tokenAccount = associatedTokenAccount(wallet, mint);
    return transactions.prepare({ wallet, tokenAccount, amount: baseUnits(1_000_000n), isNew });
  });
  const startedMs = performance.now();
  const batches = packBatches(waiting, measure, payouts);
  const durationMs = performance.now() - startedMs;
  const full = batches.slice(0, -1);
  const bytes = full.reduce((sum, batch) => sum + batch.bytes, 0) / full.length;
  return {
    fillPercent: (100 * bytes) / TRANSACTION_BYTES_MAX,
    payoutsPerBatch: payouts / batches.length,
    payoutsPerSecond: (payouts * 1_000) / durationMs,
  };
}

function anyAddress(): Address {
  return toAddress(generateIdentity().id);
}
