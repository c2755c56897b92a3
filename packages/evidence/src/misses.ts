import { exp, ln } from "./numerics.js";
import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";

/**
 * How far honest machines may differ about one token, in millinats. With the same weights in other arithmetic it was
 * never more than 300 (docs/verification.md).
 */
const SLACK_MILLINATS = 500;

/**
 * Whether an honest worker can hardly have what was claimed there. Of a greedy answer: the referee's first choice is
 * clearly more likely. Of a sampled one: it is clearly outside of what the sampler chooses from. A claimed token that
 * is none of the known choices is at most as likely as the last of them.
 */
export function isMiss({ choices, claimed }: Reading, sampling: Sampling): boolean {
  const [first] = choices;
  if (first === undefined) return false;
  const own = (claimed < 0 ? undefined : choices[claimed]) ?? lastOf(choices);
  const slack = SLACK_MILLINATS + sampling.penaltyMillinats;
  if (isGreedy(sampling)) return first - own > slack;
  const clearlyLikelier = choices.filter((choice) => choice - own > slack);
  return (
    isCutByRank(clearlyLikelier.length, choices, sampling) ||
    isCutByMinP(first - slack, own, sampling) ||
    isCutByTopP(clearlyLikelier, choices, sampling)
  );
}

export function isGreedy({ temperature, topK }: Sampling): boolean {
  return temperature === 0 || topK === 1;
}

/** More choices than the sampler takes are clearly more likely. */
function isCutByRank(likelier: number, choices: readonly number[], { topK }: Sampling): boolean {
  return topK > 0 && topK <= choices.length && likelier >= topK;
}

function isCutByMinP(first: number, own: number, { minP, temperature }: Sampling): boolean {
  if (minP === 0) return false;
  // Some engines cut before they apply the temperature, some behind it: only what both cut is cut.
  return own < first + ln(minP) * 1_000 * Math.max(1, temperature);
}

/**
 * What is clearly more likely has all of the probability that the sampler takes, whether it looks before or behind the
 * temperature.
 */
function isCutByTopP(likelier: readonly number[], choices: readonly number[], sampling: Sampling): boolean {
  const { topP, topK, temperature } = sampling;
  if (topP >= 1) return false;
  return [1, temperature].every((t) => {
    const total = weightOf(choices, t) + tailMost(choices, t, topK);
    return weightOf(likelier, t) >= topP * total;
  });
}

/** What choices weigh at a temperature, together. */
export function weightOf(choices: readonly number[], temperature: number): number {
  return choices.reduce((sum, choice) => sum + exp(choice / 1_000 / temperature), 0);
}

/** The most that all other tokens can weigh at a temperature: each is less likely than the last known choice. */
export function tailMost(choices: readonly number[], temperature: number, topK: number): number {
  const left = Math.max(0, 1 - weightOf(choices, 1));
  const each = exp(lastOf(choices) / 1_000 / temperature);
  const byRank = topK > 0 ? Math.max(0, topK - choices.length) * each : Number.POSITIVE_INFINITY;
  if (left === 0) return 0;
  // Hotter, the tail grows with the number of its tokens, which is not known.
  if (temperature > 1) return byRank;
  return Math.min(byRank, left * exp((lastOf(choices) / 1_000) * (1 / temperature - 1)));
}

function lastOf(choices: readonly number[]): number {
  return choices[choices.length - 1] ?? 0;
}
