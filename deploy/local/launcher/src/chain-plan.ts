import { loadOrCreateIdentity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { dataPaths } from "./data-dir.js";
import { nodePart, servicePart } from "./node-part.js";
import { databaseVariables, type PlanInput } from "./plan-input.js";
import type { PartSpec } from "./running.js";

/** What the demo wallet gets of the supply: a million LLAMA, and SOL for fees and new accounts. */
const DEMO_LLAMA_MICRO = microLlama(1_000_000_000_000n);
const DEMO_SOL = 10;

/**
 * The local Solana chain. Ready means that LLAMA exists there: mint, the treasury's token account with the supply, and
 * a demo wallet with LLAMA and SOL to try things with.
 */
export function chainPart(input: PlanInput): PartSpec {
  const { options, ports, endpoints } = input;
  const paths = dataPaths(options.dataDir);
  const rpcUrl = `http://127.0.0.1:${ports.chain}`;
  const environment = () => ({
    CHAIN_PORT: String(ports.chain),
    CHAIN_SECOND_PORT: String(ports.chain2),
    CHAIN_DATA_DIR: paths.chain,
    LOG_LEVEL: options.logLevel,
  });
  const part = {
    name: "chain",
    role: "chain",
    folder: "deploy/local/chain",
    dependsOn: [],
    stopGroup: 4,
  } as const;
  const spec = nodePart(input, part, { environment, readyUrl: `${rpcUrl}/health` });
  return {
    ...spec,
    async start(signal) {
      const running = await spec.start(signal);
      // Loaded here and not above: it takes as long as the chain's start.
      const { LOCAL_GENESIS_HASH, setUpLlama } = await import("@flock/chain");
      const treasury = await loadOrCreateIdentity(paths.treasuryKey);
      const demo = await loadOrCreateIdentity(paths.demoWallet);
      const { mint } = await setUpLlama({
        rpcUrl,
        mintKeyFile: paths.mintKey,
        treasuryOwner: treasury.id,
        grants: [{ owner: demo.id, amountMicro: DEMO_LLAMA_MICRO }],
        funded: [{ address: demo.id, sol: DEMO_SOL }],
      });
      endpoints.chain = {
        solanaRpcUrl: rpcUrl,
        solanaGenesisHash: LOCAL_GENESIS_HASH,
        mint,
        treasuryAddress: treasury.id,
        demoWalletFile: paths.demoWallet,
      };
      return running;
    },
  };
}

/** The treasury, on two RPC endpoints of the local chain. */
export function treasuryPart(input: PlanInput): Promise<PartSpec> {
  const { options, ports, endpoints } = input;
  const rpcUrls = [ports.chain, ports.chain2].map((port) => `http://127.0.0.1:${port}`).join(",");
  const dependsOn = ["postgres", "nats", "chain", "ledger"];
  return servicePart(input, { name: "treasury", role: "treasury", dependsOn, stopGroup: 2 }, () => ({
    ...databaseVariables(input),
    SOLANA_RPC_URLS: rpcUrls,
    SOLANA_GENESIS_HASH: endpoints.chain?.solanaGenesisHash ?? "",
    LLAMA_MINT: endpoints.chain?.mint ?? "",
    TREASURY_KEY_FILE: dataPaths(options.dataDir).treasuryKey,
  }));
}
