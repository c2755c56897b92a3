import { databaseUrl } from "@flock/configuration";
import { readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

const urls = z
  .string()
  .transform((text) => text.split(",").map((url) => url.trim()))
  .pipe(z.array(z.string().regex(/^https?:\/\/\S+$/, "must be http(s) URLs, separated by commas")).min(1));

const shape = {
  /** `postgres://…`; the treasury owns the schema `treasury` in that database. */
  DATABASE_URL: databaseUrl,
  /** RPC endpoints, separated by commas. Nothing is signed anew before all of them agree that it is lost: use two. */
  SOLANA_RPC_URLS: urls,
  /** Genesis hash of the network; every endpoint must be on it. */
  SOLANA_GENESIS_HASH: z.string().regex(ADDRESS, "must be a hash in base58"),
  /** Solana key file of the treasury's wallet. */
  TREASURY_KEY_FILE: z.string().min(1),
  /** Address of the LLAMA mint. */
  LLAMA_MINT: z.string().regex(ADDRESS, "must be an address in base58"),
  /** How often the chain is asked for deposits and for what became of payouts. */
  TREASURY_POLL_MS: z.coerce.number().int().min(20).max(60_000).default(1_000),
  /** How often the same bytes are sent again until their end is known. */
  TREASURY_RESEND_MS: z.coerce.number().int().min(20).max(60_000).default(2_000),
  /** How long the first payout of a batch that is not full waits for others. */
  TREASURY_COLLECT_MS: z.coerce.number().int().min(0).max(3_600_000).default(2_000),
  /** Blocks past a transaction's validity before it may be called expired. */
  TREASURY_EXPIRY_MARGIN_BLOCKS: z.coerce.number().int().min(0).max(10_000).default(32),
  /** How many of the newest transactions are listed again, once a minute, in case a listing left some out. */
  TREASURY_SCAN_OVERLAP: z.coerce.number().int().min(0).max(100_000).default(2_000),
  /** How often chain and ledger are compared. */
  TREASURY_RECONCILE_MS: z.coerce.number().int().min(50).max(3_600_000).default(10_000),
  /** Most that is paid for priority, in micro-lamports per compute unit. */
  TREASURY_PRIORITY_FEE_MAX: z.coerce.number().int().min(0).max(100_000_000).default(100_000),
  /** Below this many lamports an alarm is raised, and nothing is signed that would go below a tenth of it. */
  TREASURY_LAMPORTS_MIN: z.coerce.bigint().min(0n).default(500_000_000n),
};

/** The treasury's configuration; throws `invalid_argument` naming every bad variable. */
export function readTreasuryConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("TREASURY_", shape, environment);
}

export type TreasuryConfig = ReturnType<typeof readTreasuryConfig>;
