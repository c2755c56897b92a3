import { databaseUrl, integer, secret } from "@flock/configuration";
import { readServiceEnvironment } from "@flock/mesh";
import { z } from "zod";

const ADDRESS = /^[1-9A-HJ-NP-Za-km-z]{32,44}$/;

const urls = z
  .string()
  .transform((text) => text.split(",").map((url) => url.trim()))
  .pipe(z.array(z.string().regex(/^https?:\/\/\S+$/, "must be http(s) URLs, separated by commas")).min(1));

/** The treasury's variables. Their descriptions make the table in the README. */
export const variables = {
  DATABASE_URL: databaseUrl.describe(
    "`postgres://…`; the treasury owns the schema `treasury` in that database",
  ),
  SOLANA_RPC_URLS: secret(urls).describe(
    "RPC endpoints, separated by commas; two, of different providers. Nothing is signed anew before all of them agree that it is lost",
  ),
  SOLANA_GENESIS_HASH: z
    .string()
    .regex(ADDRESS, "must be a hash in base58")
    .describe("genesis hash of the network; no start while an endpoint serves another one"),
  TREASURY_KEY_FILE: z.string().min(1).describe("Solana key file of the treasury's wallet; never created"),
  LLAMA_MINT: z
    .string()
    .regex(ADDRESS, "must be an address in base58")
    .describe("address of the LLAMA mint; no start unless it is a classic one with six decimals"),
  TREASURY_POLL_MS: integer(20, 60_000)
    .default(1_000)
    .describe("how often the chain is asked for deposits and for what became of payouts"),
  TREASURY_RESEND_MS: integer(20, 60_000)
    .default(2_000)
    .describe("how often the same bytes are sent again until their end is known"),
  TREASURY_COLLECT_MS: integer(0, 3_600_000)
    .default(2_000)
    .describe("how long the first payout of a batch that is not full waits for others; 0: not at all"),
  TREASURY_EXPIRY_MARGIN_BLOCKS: integer(0, 10_000)
    .default(32)
    .describe(
      "blocks past a transaction's validity before it may be called expired; 0: the first block after it is enough",
    ),
  TREASURY_SCAN_OVERLAP: integer(0, 100_000)
    .default(2_000)
    .describe(
      "how many of the newest transactions are listed again, once a minute, in case a listing left some out; 0: only new ones are",
    ),
  TREASURY_RECONCILE_MS: integer(50, 3_600_000)
    .default(10_000)
    .describe("how often chain and ledger are compared"),
  TREASURY_PRIORITY_FEE_MAX: integer(0, 100_000_000)
    .default(100_000)
    .describe("most that is paid for priority, in micro-lamports per compute unit; 0: nothing"),
  TREASURY_LAMPORTS_MIN: z.coerce
    .bigint()
    .min(0n)
    .default(500_000_000n)
    .describe(
      "below this many lamports an alarm is raised, and nothing is signed that would go below a tenth of it; 0: neither",
    ),
};

/** The treasury's configuration; throws `invalid_argument` naming every bad variable. */
export function readTreasuryConfig(environment: NodeJS.ProcessEnv) {
  return readServiceEnvironment("TREASURY_", variables, environment);
}

export type TreasuryConfig = ReturnType<typeof readTreasuryConfig>;
