import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";

/**
 * How far honest machines may differ about one token, in millinats. With the same weights in other arithmetic it was
 * never more than 300 (docs/verification.md).
 */
export const SLACK_MILLINATS = 500;

/** How many of the first choices are known. The end of a text may be one more. */
const KNOWN = 20;

/**
 * Whether an honest worker can hardly have what was claimed there. Of a greedy answer: the referee's first choice is
 * clearly more likely. Of a sampled one: it is clearly outside of what the sampler chooses from.
 */
export function isMiss(reading: Reading, sampling: Sampling): boolean {
  const { choices, claimed } = reading;
  const first = choices[0];
  if (first === undefined) return false;
  const own = claimed < 0 ? undefined : choices[claimed];
  if (isGreedy(sampling)) return own === undefined || first - own > SLACK_MILLINATS;
  return (
    isCutByRank(reading, sampling) ||
    isCutByMinP(first, own ?? last(choices), sampling) ||
    isCutByTopP(reading, sampling)
  );
}

export function isGreedy({ temperature, topK }: Sampling): boolean {
  return temperature === 0 || topK === 1;
}

/** More choices than the sampler takes are clearly more likely. */
function isCutByRank({ choices, claimed }: Reading, { topK }: Sampling): boolean {
  if (topK === 0 || topK > KNOWN) return false;
  const own = claimed < 0 ? last(choices) : (choices[claimed] ?? 0);
  const before = choices.filter((choice) => choice - own > SLACK_MILLINATS).length;
  return before >= topK;
}

function isCutByMinP(first: number, own: number, { minP, temperature }: Sampling): boolean {
  if (minP === 0) return false;
  // Some engines cut before they apply the temperature, some behind it: only what both cut is cut.
  const cut = Math.log(minP) * 1_000 * Math.max(1, temperature);
  return own + SLACK_MILLINATS < first + cut;
}

/**
 * What is clearly more likely has all of the probability that the sampler takes, whether it looks before or behind the
 * temperature.
 */
function isCutByTopP(reading: Reading, { topP, topK, temperature }: Sampling): boolean {
  if (topP >= 1) return false;
  return [1, temperature].every((t) => massBefore(reading, t, topK) >= topP);
}

/** The least share that the clearly more likely ones can have together, at a temperature. */
function massBefore({ choices, claimed }: Reading, temperature: number, topK: number): number {
  const own = claimed < 0 ? last(choices) : (choices[claimed] ?? 0);
  const weights = choices.map((choice) => Math.exp(choice / 1_000 / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0) + tailMost(choices, temperature, topK);
  const before = choices.reduce(
    (sum, choice, index) => (choice - own > SLACK_MILLINATS ? sum + (weights[index] ?? 0) : sum),
    0,
  );
  return before / total;
}

/** The most weight that all other tokens can have at a temperature: each is less likely than the last known choice. */
function tailMost(choices: readonly number[], temperature: number, topK: number): number {
  const known = choices.reduce((sum, choice) => sum + Math.exp(choice / 1_000), 0);
  const left = Math.max(0, 1 - known);
  const least = Math.exp(last(choices) / 1_000);
  const byRank =
    topK > 0 ? Math.max(0, topK - choices.length) * least ** (1 / temperature) : Number.POSITIVE_INFINITY;
  if (temperature <= 1) return Math.min(byRank, left * least ** (1 / temperature - 1));
  // Hotter, the tail grows with the number of its tokens, which is not known.
  return topK > 0 ? byRank : left === 0 ? 0 : Number.POSITIVE_INFINITY;
}

function last(choices: readonly number[]): number {
  return choices[choices.length - 1] ?? 0;
}
