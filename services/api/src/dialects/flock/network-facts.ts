import { TREASURY_METHODS } from "@flock/mesh";
import type { DepositInstructionsReply } from "@flock/proto";
import type { MeshServices } from "../../mesh-services.js";
import { Kept } from "./kept.js";

const KEPT_MS = 10_000;
/** Deposit instructions are the call that tells of the chain; no person has this account, and none is made by asking. */
const ACCOUNT = "network";

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
  readonly #kept: Kept<DepositInstructionsReply>;

  constructor(services: MeshServices) {
    const read = () => services.ask(TREASURY_METHODS.depositInstructions, { accountId: ACCOUNT });
    this.#kept = new Kept(read, KEPT_MS);
  }

  async read(): Promise<ChainFacts> {
    const { network, mint, address, tokenAccount } = await this.#kept.value();
    return { genesisHash: network, mint, treasuryAddress: address, treasuryTokenAccount: tokenAccount };
  }
}
