import { TREASURY, type TreasuryNetworkReply } from "@flock/proto/treasury";
import { LRUCache } from "lru-cache";
import type { MeshServices } from "../mesh-services.js";

const KEPT_MS = 10_000;

/** Where the money is on chain. */
export interface ChainFacts {
  /** Genesis hash of the chain. */
  readonly genesisHash: string;
  readonly mint: string;
  readonly treasuryAddress: string;
  readonly treasuryTokenAccount: string;
}

/** What the treasury says of chain, mint and addresses, asked for at most every ten seconds. */
export class NetworkFacts {
  readonly #kept: LRUCache<"network", TreasuryNetworkReply>;

  constructor(services: MeshServices) {
    this.#kept = new LRUCache({
      max: 1,
      ttl: KEPT_MS,
      fetchMethod: () => services.ask(TREASURY.network, {}),
    });
  }

  /** Throws `failed_precondition` on a network without a chain. */
  async read(): Promise<ChainFacts> {
    const { network, mint, address, tokenAccount } = await this.#kept.forceFetch("network");
    return { genesisHash: network, mint, treasuryAddress: address, treasuryTokenAccount: tokenAccount };
  }
}
