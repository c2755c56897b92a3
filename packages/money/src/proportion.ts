/*
 * Proportions of money. Every division names its rounding, and its caller says who gets the dust.
 *
 * Rule of {@link splitBps}: every share but the last is rounded down; the last share is what is left, so the shares
 * always add up to the amount and the dust (below one µLLAMA per other share) is the last one's.
 * Example: 101 µLLAMA at 9 500 / 500 bps is 95 + 6.
 */
import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama } from "./micro-llama.js";

/** One whole in basis points: 10 000 bps = 100 %. */
export const BPS_PER_WHOLE = 10_000;

/** floor(amount × numerator / denominator), exact however large the product; all three must not be negative. */
export function mulDivFloor(amount: MicroLlama, numerator: bigint, denominator: bigint): MicroLlama {
  demand(amount >= 0n && numerator >= 0n, "a proportion is taken of amounts that are not negative");
  demand(denominator > 0n, "a proportion needs a positive denominator");
  return microLlama((amount * numerator) / denominator);
}

/** Splits an amount by shares in whole basis points that add up to 10 000, in their order; see the rule above. */
export function splitBps(amount: MicroLlama, sharesBps: readonly number[]): MicroLlama[] {
  const total = sharesBps.reduce((sum, share) => sum + share, 0);
  demand(total === BPS_PER_WHOLE, `shares of ${total} bps do not make a whole`);
  let left: bigint = amount;
  return sharesBps.map((shareBps, index) => {
    demand(Number.isInteger(shareBps) && shareBps >= 0, `${shareBps} bps is not a share`);
    const isLast = index === sharesBps.length - 1;
    const share = isLast ? microLlama(left) : mulDivFloor(amount, BigInt(shareBps), BigInt(BPS_PER_WHOLE));
    left -= share;
    return share;
  });
}

/** Throws for what a caller must not ask: a fault of ours, not of a client. */
function demand(holds: boolean, rule: string): void {
  if (!holds) throw new FlockError("internal", rule);
}
