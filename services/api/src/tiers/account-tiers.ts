import { MICRO_LLAMA_MAX, ZERO } from "@flock/money";
import { type Parameters, type Tier, tierOf } from "@flock/parameters";
import { RequestLimiter } from "../limits/request-limiter.js";
import type { StakeView } from "./stake-view.js";

/** What the api needs of the parameters in force. */
export interface CurrentParameters {
  readonly current: Parameters;
}

/**
 * Decides whether a request may begin, and how it is queued. A port, so that tests of everything else need no stakes.
 */
export interface Admission {
  /** Level of the account for the router: 0 is the lowest. */
  levelOf(accountId: string): number;
  /** Lets a request begin, or throws `resource_exhausted`; what it returns is to be called when it has ended. */
  begin(accountId: string): () => void;
}

/**
 * Tiers by stake. While an account's stake is not known (its first moments at this process), it is queued as one
 * without stake, but refused only what the highest tier would be refused: nobody waits for the ledger, and nobody is
 * told that he has no stake before that is known.
 */
export class AccountTiers implements Admission {
  readonly #stakes: StakeView;
  readonly #parameters: CurrentParameters;
  readonly #limiter: RequestLimiter;

  constructor(stakes: StakeView, parameters: CurrentParameters, limiter = new RequestLimiter()) {
    this.#stakes = stakes;
    this.#parameters = parameters;
    this.#limiter = limiter;
  }

  levelOf(accountId: string): Tier["level"] {
    return tierOf(this.#stakes.stakeOf(accountId) ?? ZERO, this.#parameters.current).level;
  }

  begin(accountId: string): () => void {
    const stake = this.#stakes.stakeOf(accountId) ?? MICRO_LLAMA_MAX;
    return this.#limiter.begin(accountId, tierOf(stake, this.#parameters.current));
  }
}
