/*
 * What makes this chain itself. Everything here is fixed for ever: clients tell clusters apart by it.
 */

/** The local chain's genesis hash, the SHA-256 of "flockollamas local chain" in base58: of no public cluster. */
export const LOCAL_GENESIS_HASH = "FHsyf3U1WmCzph9WVWs8vG74oKQzHRUW4np7QNLH9yUc";

/** What getVersion says, and `apiVersion` in every context: the release whose behaviour the machine has. */
export const SOLANA_CORE_VERSION = "3.0.0";

/** The first slot of a new chain: old enough that there is a finalized one. */
export const GENESIS_SLOT = 1_000;

/**
 * Slots that were "skipped" before the chain began: block height = slot − this. On every public cluster the two differ,
 * and code that takes one for the other must not pass here.
 */
export const SKIPPED_SLOTS = 400;

/** As on public clusters, so that getEpochInfo looks the same. */
export const SLOTS_PER_CHAIN_EPOCH = 432_000;

/** How many slots behind the newest a slot is confirmed by the votes of two thirds of the stake: typical of mainnet. */
export const CONFIRMED_AFTER_SLOTS = 2;

/** How many slots behind the newest a slot is finalized (rooted): Solana's tower depth. */
export const FINALIZED_AFTER_SLOTS = 32;

/** For how many blocks after its own a blockhash may be used. */
export const BLOCKHASH_AGE_MAX = 150;

/** Without `searchTransactionHistory` a node knows the statuses of this many slots. */
export const STATUS_CACHE_SLOTS = 300;

/** How many slots back accounts can be read as they were, which bounds lag and rollback. */
export const ACCOUNT_HISTORY_SLOTS = 512;

/** The most that a node may be told to lag: accounts at "finalized" must still be readable. */
export const LAG_SLOTS_MAX = ACCOUNT_HISTORY_SLOTS - FINALIZED_AFTER_SLOTS - 1;

/** How many of the newest slots may still be replaced by another fork. */
export const FORK_SLOTS_MAX = FINALIZED_AFTER_SLOTS - 1;

/**
 * All lamports of a new chain, the faucet's: 9 000 000 SOL. Less than 2^53, so that no amount of lamports on this chain
 * loses precision in a JSON number.
 */
export const FAUCET_LAMPORTS = 9_000_000n * 1_000_000_000n;
