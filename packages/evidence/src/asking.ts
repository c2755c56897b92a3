import type { Reading } from "./reading.js";

/** How often a referee that ends at a place, and tells no choice there, is asked again. */
export const ASKED_AGAIN_MAX = 3;

/** So hot that a model hardly ends again if anything else is likely at all. */
const HOT = { temperature: 2, top_k: 20, top_p: 1 };

/** Hardly likely at all, in millinats. */
const NOTHING = -100_000;

/**
 * The options of the n-th question about a place, where 0 is the first. What a model finds likely is told before it
 * samples: so other options get the same choices out of it.
 */
export function optionsOfQuestion(
  options: Readonly<Record<string, unknown>>,
  number: number,
): Readonly<Record<string, unknown>> {
  return number === 0 ? options : { ...options, ...HOT, seed: number };
}

/** The reading of a place where a referee ends its text however often it is asked. */
export function certainEnd(offset: number): Reading {
  return { kind: "token", offset, choices: [0, NOTHING], claimed: -1 };
}
