import type { Treasury } from "../treasury.js";

/** What the chain takes for one signature. */
export const SIGNATURE_LAMPORTS = 5_000n;
/** Rent of a token account, paid by the treasury for recipients who have none. */
export const NEW_ACCOUNT_LAMPORTS = 2_039_280n;

/** A price is good for this long. */
const PRICE_MS = 5_000;
/** Others' recent prices, in ascending order: the one at this share of them is paid. */
const PERCENTILE = 0.75;

export interface FeeOptions {
  /** Most per compute unit. */
  readonly priceMax: bigint;
  /** An alarm below this, in lamports; nothing is signed that would go below a tenth of it. */
  readonly lamportsMin: bigint;
}

/** What transactions cost in lamports, and whether the treasury has them. */
export class Fees {
  readonly #treasury: Pick<Treasury, "endpoints" | "accounts" | "clock" | "logger">;
  readonly #options: FeeOptions;
  #price = { value: 0n, untilMs: Number.NEGATIVE_INFINITY };

  constructor(treasury: Pick<Treasury, "endpoints" | "accounts" | "clock" | "logger">, options: FeeOptions) {
    this.#treasury = treasury;
    this.#options = options;
  }

  /** The price at which most others who wrote the token account got in lately, bounded. */
  async microLamportsPerUnit(): Promise<bigint> {
    if (this.#treasury.clock.nowMs() < this.#price.untilMs) return this.#price.value;
    const { endpoints, accounts, clock } = this.#treasury;
    const recent = await endpoints.any((chain) => chain.recentPriorityFees([accounts.tokenAccount]));
    const value = priceOf(recent, this.#options.priceMax);
    this.#price = { value, untilMs: clock.nowMs() + PRICE_MS };
    return value;
  }

  /** Whether this many lamports can be spent without coming to nothing; says so if not. */
  async canSpend(lamports: bigint): Promise<boolean> {
    const held = await this.#treasury.endpoints.any((chain) => chain.lamports());
    if (held - lamports >= this.#options.lamportsMin / 10n) return true;
    this.#treasury.logger.error({ lamports: String(held) }, "SOL does not suffice for payouts: they wait");
    return false;
  }
}

/** The 75th percentile of what was paid, at most `priceMax`; 0 if nobody paid. */
export function priceOf(recent: readonly bigint[], priceMax: bigint): bigint {
  const sorted = [...recent].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const price = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * PERCENTILE))] ?? 0n;
  return price < priceMax ? price : priceMax;
}
