import { FlockError } from "@flock/errors";
import type { Chain } from "./chain.js";

/** The configured endpoints of one chain, and the two ways of asking them. */
export class Endpoints {
  readonly all: readonly Chain[];
  /** Where the next question goes first: the one that answered last. */
  #preferred = 0;

  constructor(all: readonly Chain[]) {
    this.all = all;
  }

  /** Asks one after the other, beginning with the one that answered last, until one answers. */
  async any<T>(ask: (chain: Chain) => Promise<T>): Promise<T> {
    let failure: unknown;
    for (let attempt = 0; attempt < this.all.length; attempt++) {
      const index = this.#preferred % this.all.length;
      const chain = this.all[index];
      if (chain === undefined) break;
      try {
        return await ask(chain);
      } catch (error) {
        failure = error;
        this.#preferred = index + 1;
      }
    }
    throw FlockError.from(failure);
  }

  /** Asks all at once; what an endpoint could not answer is undefined. */
  async each<T>(ask: (chain: Chain) => Promise<T>): Promise<(T | undefined)[]> {
    return await Promise.all(this.all.map((chain) => ask(chain).catch(() => undefined)));
  }
}

/**
 * Checks that every endpoint serves the network that was configured. A treasury must not take one cluster's money for
 * another's, so it does not start before every endpoint has said which it is.
 * @throws FlockError `failed_precondition` naming the endpoint that serves another network
 */
export async function checkNetwork(endpoints: Endpoints, genesisHash: string): Promise<void> {
  for (const chain of endpoints.all) {
    const found = await chain.genesisHash();
    if (found !== genesisHash) {
      throw new FlockError(
        "failed_precondition",
        `${chain.endpoint} serves the network ${found}, configured is ${genesisHash}`,
      );
    }
  }
}
