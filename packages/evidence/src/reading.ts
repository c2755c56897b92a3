import { exp, ln } from "./numerics.js";

/** What a referee said about one place of an answer, without being told what the answer has there. */
export interface Reading {
  /** `token`: what comes next was asked. `end`: the same behind the answer's last token, which ended by itself. */
  readonly kind: "token" | "end";
  /** Where in the answer's text, in UTF-16 units. */
  readonly offset: number;
  /** Natural logarithms of the probabilities of the referee's first choices, most likely first, in millinats. */
  readonly choices: readonly number[];
  /** Which of them the answer has there; -1: none. */
  readonly claimed: number;
}

/** A choice as an Ollama tells it (`top_logprobs`). */
export interface TokenChoice {
  readonly token: string;
  /** Natural logarithm of its probability before any sampling; at most 0. */
  readonly logprob: number;
}

export const CHOICES_MAX = 20;

/** The least that is told apart from nothing: e^-100. */
const FLOOR_MILLINATS = -100_000;

/** Names that models have for the end of a text. No answer shows one. */
const END_TOKEN = /^(|<\|[^|<>\s]{1,40}\|>|<\/s>|<end_of_turn>|<eos>|\[\/?INST\])$/;

/** Where a reading was taken. */
export interface Place {
  readonly offset: number;
  /** What the answer has there and behind. */
  readonly rest: string;
}

/** Stands for bytes that are no character alone: an Ollama tells a token of half a character so. */
const HALF_CHARACTER = "\uFFFD";

/**
 * The reading of a place where a token begins. The answer says its token only as text, so it has the most probable
 * choice that its text begins with: that is never less than what its worker had.
 */
export function tokenReading(choices: readonly TokenChoice[], { offset, rest }: Place): Reading {
  const compared = choices
    .slice(0, CHOICES_MAX)
    .map(({ token, logprob }) => ({ millinats: millinatsOf(logprob), isClaimed: mayBegin(rest, token) }))
    .sort((a, b) => b.millinats - a.millinats);
  return {
    kind: "token",
    offset,
    choices: compared.map(({ millinats }) => millinats),
    claimed: compared.findIndex(({ isClaimed }) => isClaimed),
  };
}

/** Whether a text may begin with a token. What half a character is nobody knows: it may be of any that is not ASCII. */
function mayBegin(rest: string, token: string): boolean {
  const [whole = "", ...halves] = token.split(HALF_CHARACTER);
  if (halves.length === 0) return token !== "" && rest.startsWith(token);
  return rest.startsWith(whole) && /^[^\0-\x7F]/u.test(rest.slice(whole.length));
}

/**
 * The reading behind an answer that ended by itself. Engines do not all list the token that ends a text. Where it is
 * not among the choices, it may have all the probability that they leave.
 */
export function endReading(choices: readonly TokenChoice[], offset: number): Reading {
  const listed = choices.slice(0, CHOICES_MAX).map(({ token, logprob }) => ({
    millinats: millinatsOf(logprob),
    isClaimed: END_TOKEN.test(token),
  }));
  if (!listed.some(({ isClaimed }) => isClaimed)) {
    const left = 1 - listed.reduce((sum, { millinats }) => sum + exp(millinats / 1_000), 0);
    listed.push({
      millinats: millinatsOf(left > 0 ? ln(left) : Number.NEGATIVE_INFINITY),
      isClaimed: true,
    });
  }
  listed.sort((a, b) => b.millinats - a.millinats);
  return {
    kind: "end",
    offset,
    choices: listed.map(({ millinats }) => millinats),
    claimed: listed.findIndex(({ isClaimed }) => isClaimed),
  };
}

/** The referee ended there by itself: it has no other choice to tell of. */
export function agreedEnd(offset: number): Reading {
  return { kind: "end", offset, choices: [0], claimed: 0 };
}

/**
 * What counts of readings that several referees gave of one place: the one in which the answer is likeliest. So a
 * referee that lies harms nobody alone.
 */
export function kindest(readings: readonly [Reading, ...Reading[]]): Reading {
  return readings.reduce((kind, reading) => (marginOf(reading) < marginOf(kind) ? reading : kind));
}

/** How much likelier the first choice is than the claimed one. */
function marginOf({ choices, claimed }: Reading): number {
  const own = choices[claimed];
  return own === undefined ? Number.POSITIVE_INFINITY : (choices[0] ?? 0) - own;
}

function millinatsOf(logprob: number): number {
  if (Number.isNaN(logprob)) return FLOOR_MILLINATS;
  return Math.round(Math.min(0, Math.max(FLOOR_MILLINATS, logprob * 1_000)));
}
