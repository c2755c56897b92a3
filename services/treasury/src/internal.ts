/*
 * The treasury from inside, for those who measure a piece of it without the service: the bench packs payouts. No
 * service imports this: they meet in messages.
 */
export { baseUnits } from "./domain/base-units.js";
export { payoutMemo } from "./domain/memos.js";
export { packBatches, TRANSACTION_BYTES_MAX } from "./domain/pack-batches.js";
export { SolanaTransactions } from "./solana/transactions.js";
export { treasuryAccounts } from "./solana/treasury-accounts.js";
