/*
 * Rules that tie parameters to each other. With the ranges of the table they are the *legal box*: documents outside it
 * are refused, and what docs/tokenomics.md promises (above all that paying oneself always loses) holds all over it.
 */
import { BPS_PER_WHOLE, formatLlama, type MicroLlama, TOTAL_SUPPLY } from "@flock/money";
import type { ParameterName, ParameterValues } from "./table.js";

/** What emission and stakers may get of the protocol share together: less than all of it. */
export const REBATE_MAX_BPS = 9_900;

/** What `pool:rewards` is given at genesis: 95 % of the supply. */
export const REWARDS_POOL_AT_GENESIS = ((TOTAL_SUPPLY / 100n) * 95n) as MicroLlama;

export interface ParameterRule {
  /** The rule as the documentation states it. */
  readonly states: string;
  readonly why: string;
  readonly over: readonly ParameterName[];
  /** What is wrong with the values, or undefined. */
  readonly fault: (values: ParameterValues) => string | undefined;
}

/**
 * An upper bound of all that the schedule can ever emit: the sum over all epochs n of first × (2H − n mod H) / (2H ×
 * 2^(n div H)) is exactly first × (3H + 1) / 2. See docs/tokenomics.md.
 */
export function emissionOfAllTimeMax(first: bigint, halfLifeEpochs: number): bigint {
  return (first * (3n * BigInt(halfLifeEpochs) + 1n) + 1n) / 2n;
}

/** A rule that the named values never fall from one to the next, or always rise. */
function rising(over: readonly ParameterName[], sign: "<" | "≤", why: string): ParameterRule {
  const isRising = (low: ParameterValues[ParameterName], high: ParameterValues[ParameterName]) =>
    sign === "<" ? low < high : low <= high;
  return {
    states: over.map((name) => `\`${name}\``).join(` ${sign} `),
    why,
    over,
    fault: (values) => {
      for (const [index, low] of over.entries()) {
        const high = over[index + 1];
        if (high !== undefined && !isRising(values[low], values[high]))
          return `${low} = ${values[low]} is not ${sign} ${high} = ${values[high]}`;
      }
      return undefined;
    },
  };
}

/** All rules; each is checked for every document. */
export const PARAMETER_RULES: readonly ParameterRule[] = [
  {
    states: "`feeStakersBps` + `feeLiquidityBps` + `feeDevBps` = 10000",
    why: "The protocol share is split whole.",
    over: ["feeStakersBps", "feeLiquidityBps", "feeDevBps"],
    fault: ({ feeStakersBps, feeLiquidityBps, feeDevBps }) => {
      const sum = feeStakersBps + feeLiquidityBps + feeDevBps;
      if (sum === BPS_PER_WHOLE) return undefined;
      return `feeStakersBps, feeLiquidityBps and feeDevBps add up to ${sum} bps, not to ${BPS_PER_WHOLE}`;
    },
  },
  {
    states: `\`emissionCapBps\` + \`feeStakersBps\` ≤ ${REBATE_MAX_BPS}`,
    why: "Even who is client, worker and only staker at once gets back less than was paid.",
    over: ["emissionCapBps", "feeStakersBps"],
    fault: ({ emissionCapBps, feeStakersBps }) => {
      const sum = emissionCapBps + feeStakersBps;
      if (sum <= REBATE_MAX_BPS) return undefined;
      return `emissionCapBps and feeStakersBps add up to ${sum} bps, above ${REBATE_MAX_BPS}: paying oneself would not be a loss`;
    },
  },
  {
    states: "`emissionFirstEpochMicro` × (3 × `emissionHalfLifeEpochs` + 1) / 2 ≤ 95 billion LLAMA",
    why: "All that the schedule can ever emit is in `pool:rewards`.",
    over: ["emissionFirstEpochMicro", "emissionHalfLifeEpochs"],
    fault: ({ emissionFirstEpochMicro, emissionHalfLifeEpochs }) => {
      const total = emissionOfAllTimeMax(emissionFirstEpochMicro, emissionHalfLifeEpochs);
      if (total <= REWARDS_POOL_AT_GENESIS) return undefined;
      return `emissionFirstEpochMicro and emissionHalfLifeEpochs emit ${total} µLLAMA in all, above ${REWARDS_POOL_AT_GENESIS} (${formatLlama(REWARDS_POOL_AT_GENESIS)} LLAMA)`;
    },
  },
  {
    states: "`epochSeconds` + `challengeSeconds` ≤ `unstakeCooldownSeconds`",
    why: "A worker cannot take its stake out before its jobs can no longer be challenged.",
    over: ["epochSeconds", "challengeSeconds", "unstakeCooldownSeconds"],
    fault: ({ epochSeconds, challengeSeconds, unstakeCooldownSeconds }) => {
      const needed = epochSeconds + challengeSeconds;
      if (needed <= unstakeCooldownSeconds) return undefined;
      return `unstakeCooldownSeconds is ${unstakeCooldownSeconds} s, below epochSeconds + challengeSeconds = ${needed} s`;
    },
  },
  rising(
    ["payoutMinMicro", "payoutThresholdMicro", "payoutMaxMicro", "payoutDailyMaxMicro"],
    "≤",
    "What becomes payable can be paid.",
  ),
  rising(
    ["tier1StakeMinMicro", "tier2StakeMinMicro", "tier3StakeMinMicro"],
    "<",
    "A higher tier takes a higher stake.",
  ),
  ...(["RequestsPerMinute", "Concurrency", "Priority"] as const).map((limit) =>
    rising(
      ([0, 1, 2, 3] as const).map((level) => `tier${level}${limit}` as const),
      "≤",
      "A higher tier is never worse.",
    ),
  ),
];
