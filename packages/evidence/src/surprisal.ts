import { isGreedy, tailMost, weightOf } from "./misses.js";
import { exp, ln } from "./numerics.js";
import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";

/** What no sampler would choose surprises by this much, in nats. More is not counted: one token is not to decide. */
const SURPRISAL_MAX = 3;
/** What is staked on an answer being more surprising than an honest one. */
const STAKE = 0.2;

/**
 * A bet that the answer's tokens are less likely than an honest sampler's are on average. What it pays is at least 0,
 * and at most 1 in expectation if the worker is honest, whatever the places are: so it is an e-value. There is no bet
 * on greedy answers, on those with penalties, and at places where the sampler may choose among more than is known.
 *
 * @param slackMillinats What honest workers of that kind are above the expectation, at most.
 */
export function surprisalBet(
  readings: readonly Reading[],
  sampling: Sampling,
  slackMillinats: number,
): number {
  if (isGreedy(sampling) || sampling.penaltyMillinats > 0) return 1;
  const excess = readings
    .filter(({ kind }) => kind === "token")
    .map((reading) => excessOf(reading, sampling))
    .filter((value) => value !== undefined);
  if (excess.length === 0) return 1;
  const mean = excess.reduce((sum, value) => sum + value - slackMillinats / 1_000, 0) / excess.length;
  return Math.max(0, 1 + STAKE * mean);
}

/**
 * How much more than expected the claimed token surprises, in nats, by the kinder order of cuts; undefined: what the
 * sampler chooses from is not known there.
 */
export function excessOf(reading: Reading, sampling: Sampling): number | undefined {
  const kept = [1, sampling.temperature].map((t) => keptAt(reading.choices, t, sampling));
  const [before, behind] = kept;
  if (before === undefined || behind === undefined) return undefined;
  return Math.min(SURPRISAL_MAX, ...[before, behind].map((count) => excessIn(reading, count, sampling)));
}

function excessIn({ choices, claimed }: Reading, kept: number, { temperature }: Sampling): number {
  if (claimed < 0 || claimed >= kept) return SURPRISAL_MAX;
  const weights = choices
    .slice(0, kept)
    .map((choice) => exp((choice - (choices[0] ?? 0)) / 1_000 / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const surprisals = weights.map((weight) => (weight > 0 ? -ln(weight / total) : Number.POSITIVE_INFINITY));
  const expected = weights.reduce(
    (sum, weight, index) => (weight > 0 ? sum + (weight / total) * (surprisals[index] ?? 0) : sum),
    0,
  );
  return (surprisals[claimed] ?? SURPRISAL_MAX) - expected;
}

/**
 * How many of the first choices the sampler takes that cuts at this temperature; undefined: it depends on tokens that
 * are not known.
 */
function keptAt(choices: readonly number[], temperature: number, sampling: Sampling): number | undefined {
  const { topK } = sampling;
  const known = weightOf(choices, temperature);
  const isAllKnown = topK > 0 && topK <= choices.length;
  const ranked = isAllKnown ? choices.slice(0, topK) : choices;
  const totals = isAllKnown
    ? [weightOf(ranked, temperature)]
    : [known, known + tailMost(choices, temperature, topK)];
  const counts = totals.map((total) => countTaken(ranked, temperature, total, sampling));
  const [first] = counts;
  const isCertain = counts.every((count) => count === first);
  const mayBeMore = !isAllKnown && first === choices.length && (totals[1] ?? 0) > known;
  return isCertain && !mayBeMore ? first : undefined;
}

/** How many are taken until they have the whole probability that is taken, or are too unlikely. */
function countTaken(
  ranked: readonly number[],
  temperature: number,
  total: number,
  { topP, minP }: Sampling,
): number {
  const least = minP * exp((ranked[0] ?? 0) / 1_000 / temperature);
  let mass = 0;
  let count = 0;
  for (const choice of ranked) {
    const weight = exp(choice / 1_000 / temperature);
    if (count > 0 && (mass >= topP * total || weight < least)) break;
    mass += weight;
    count += 1;
  }
  return count;
}
