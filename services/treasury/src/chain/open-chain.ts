import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import type { Runtime } from "@flock/mesh";
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
 * that the pinned mint is a classic one. Waits a minute for endpoints that do not answer yet.
 */
export async function openChain(
  config: Pick<TreasuryConfig, "SOLANA_RPC_URLS" | "SOLANA_GENESIS_HASH" | "LLAMA_MINT">,
  signer: Signer,
  { clock, logger }: Pick<Runtime, "clock" | "logger">,
): Promise<{ readonly endpoints: Endpoints; readonly accounts: TreasuryAccounts }> {
  const mint = parseAddress(config.LLAMA_MINT);
  if (mint === undefined) throw new FlockError("invalid_argument", "LLAMA_MINT is not an address");
  const accounts = treasuryAccounts(toAddress(signer.address), mint);
  const chains = config.SOLANA_RPC_URLS.map((url) => new SolanaChain({ url, accounts }));
  const endpoints = new Endpoints(chains);
  const giveUpAtMs = clock.nowMs() + WAIT_MS_MAX;
  for (;;) {
    try {
      await checkNetwork(endpoints, config.SOLANA_GENESIS_HASH);
      const [account] = await endpoints.any((chain) => chain.accounts([config.LLAMA_MINT]));
      const powers = checkMint(config.LLAMA_MINT, account);
      if (powers.canMint || powers.canFreeze)
        logger.warn(powers, "somebody can still mint LLAMA, or freeze accounts of it");
      return { endpoints, accounts };
    } catch (error) {
      if (FlockError.from(error).retry === "never" || clock.nowMs() > giveUpAtMs) throw error;
      logger.warn({ err: error }, "waiting for the chain");
      await sleep(RETRY_MS);
    }
  }
}
