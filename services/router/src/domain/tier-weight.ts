import type { Parameters } from "@flock/parameters";

/**
 * Share of a busy network that an account of this tier gets, in proportion to others'; tiers above the highest have
 * its.
 */
export function weightOfTier(tier: number, { values }: Parameters): number {
  const weights = [
    values.tier0Priority,
    values.tier1Priority,
    values.tier2Priority,
    values.tier3Priority,
  ] as const;
  return weights[Math.min(tier, weights.length - 1)] ?? weights[0];
}
