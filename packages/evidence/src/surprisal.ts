import { isGreedy } from "./misses.js";
import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";

/** What no sampler would choose surprises by this much, in nats. More is not counted: one token is not to decide. */
const SURPRISAL_MAX = 3;
/** What is staked on an answer being more surprising than an honest one. */
const STAKE = 0.2;
/** The least that a surprisal can be below what is expected: a sampler chooses among 40 tokens or so. */
const EXPECTED_MAX = 4;

/**
 * A bet that the answer's tokens are less likely than an honest sampler's are on average. What it pays is at least 0,
 * and at most 1 in expectation if the worker is honest, whatever the places are: so it is an e-value. Greedy answers
 * have no bet: 1.
 *
 * @param slackMillinats What honest workers of that kind are above the expectation, at most.
 */
export function surprisalBet(
  readings: readonly Reading[],
  sampling: Sampling,
  slackMillinats: number,
): number {
  const counted = readings.filter(({ choices, kind }) => kind === "token" && choices.length > 0);
  if (isGreedy(sampling) || counted.length === 0) return 1;
  const excess = counted.map((reading) => excessOf(reading, sampling) - slackMillinats / 1_000);
  const mean = excess.reduce((sum, value) => sum + value, 0) / excess.length;
  return Math.max(0, 1 + STAKE * mean);
}

/** How much more than expected the claimed token surprises, in nats; by the order of cuts that is kinder. */
export function excessOf(reading: Reading, sampling: Sampling): number {
  if (reading.claimed < 0) return SURPRISAL_MAX;
  const orders = [true, false].map((isCutFirst) => excessIn(reading, sampling, isCutFirst));
  return Math.max(-EXPECTED_MAX, Math.min(SURPRISAL_MAX, ...orders));
}

/** @param isCutFirst The engine cuts off unlikely tokens before it applies the temperature, not behind it. */
function excessIn({ choices, claimed }: Reading, sampling: Sampling, isCutFirst: boolean): number {
  const { temperature, topK, topP, minP } = sampling;
  const nats = choices.map((choice) => choice / 1_000);
  const looked = isCutFirst ? nats : nats.map((value) => value / temperature);
  const kept = cut(looked, { topK, topP, minP });
  const weights = nats.slice(0, kept).map((value) => Math.exp((value - (nats[0] ?? 0)) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / total);
  const expected = shares.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
  const own = shares[claimed];
  return own === undefined || own === 0 ? SURPRISAL_MAX : -Math.log(own) - expected;
}

/** How many of the first ones the sampler chooses from. */
function cut(
  nats: readonly number[],
  { topK, topP, minP }: Pick<Sampling, "topK" | "topP" | "minP">,
): number {
  const ranked = topK > 0 ? nats.slice(0, topK) : nats;
  const first = ranked[0] ?? 0;
  const weights = ranked.map((value) => Math.exp(value - first));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let mass = 0;
  let kept = 0;
  for (const weight of weights) {
    if (kept > 0 && (mass >= topP * total || weight < minP)) break;
    mass += weight;
    kept += 1;
  }
  return kept;
}
