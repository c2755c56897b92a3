import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import type { Logger } from "@flock/observability";
import { parseAddress, toAddress } from "@flock/solana";
import type { TreasuryConfig } from "../config.js";
import { checkMint } from "../solana/mint.js";
import { SolanaChain } from "../solana/solana-chain.js";
import { type TreasuryAccounts, treasuryAccounts } from "../solana/treasury-accounts.js";
import type { Signer } from "./chain.js";
import { checkNetwork, Endpoints } from "./endpoints.js";

const WAIT_MS_MAX = 60_000;
const RETRY_MS = 200;

/**
 * Opens every configured endpoint and checks, before anything else happens, that all serve the configured network and
 * that the pinned mint is a classic one. Waits for endpoints that do not answer yet.
 */
export async function openChain(
  config: Pick<TreasuryConfig, "SOLANA_RPC_URLS" | "SOLANA_GENESIS_HASH" | "LLAMA_MINT">,
  signer: Signer,
  logger: Logger,
): Promise<{ readonly endpoints: Endpoints; readonly accounts: TreasuryAccounts }> {
  const mint = parseAddress(config.LLAMA_MINT);
  if (mint === undefined) throw new FlockError("invalid_argument", "LLAMA_MINT is not an address");
  const accounts = treasuryAccounts(toAddress(signer.address), mint);
  const chains = config.SOLANA_RPC_URLS.map((url) => new SolanaChain({ url, accounts }));
  const endpoints = new Endpoints(chains);
  const giveUpAt = performance.now() + WAIT_MS_MAX;
  for (;;) {
    try {
      await checkNetwork(endpoints, config.SOLANA_GENESIS_HASH);
      const [account] = await endpoints.any((chain) => chain.accounts([config.LLAMA_MINT]));
      const powers = checkMint(config.LLAMA_MINT, account);
      if (powers.canMint || powers.canFreeze)
        logger.warn(powers, "somebody can still mint LLAMA, or freeze accounts of it");
      return { endpoints, accounts };
    } catch (error) {
      if (FlockError.from(error).retry === "never" || performance.now() > giveUpAt) throw error;
      logger.warn({ err: error }, "waiting for the chain");
      await sleep(RETRY_MS);
    }
  }
}
