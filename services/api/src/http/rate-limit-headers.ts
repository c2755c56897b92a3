import type { RateLeft, RateState } from "../limits/key-allowances.js";

/** `standard` names alone, or beside them those that a vendor's clients read. */
export type RateLimitNames = "standard" | "openai" | "anthropic";

const FACTS = ["limit", "remaining", "reset"] as const;
type Facts = Readonly<Record<(typeof FACTS)[number], string>>;
type Counted = "requests" | "tokens";

const nameOf = {
  openai: (counted: Counted, fact: string) => `x-ratelimit-${fact}-${counted}`,
  anthropic: (counted: Counted, fact: string) => `anthropic-ratelimit-${counted}-${fact}`,
};

/** All that there can be: pages of other origins may read them. */
export const RATE_LIMIT_HEADERS: readonly string[] = [
  ...FACTS.map((fact) => `ratelimit-${fact}`),
  ...(["requests", "tokens"] as const).flatMap((counted) =>
    FACTS.flatMap((fact) => [nameOf.openai(counted, fact), nameOf.anthropic(counted, fact)]),
  ),
];

/**
 * What is left of a key's limits of a minute: `RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) of its requests,
 * or of its tokens if it has no limit of requests. OpenAI's clients read a duration as `reset`, Anthropic's a moment.
 */
export function rateLimitHeaders(state: RateState, names: RateLimitNames): Record<string, string> {
  const main = state.requests ?? state.tokens;
  if (main === undefined) return {};
  const seconds = String(Math.ceil(state.resetMs / 1_000));
  const standard = headersOf(factsOf(main, seconds), (fact) => `ratelimit-${fact}`);
  if (names === "standard") return standard;
  const reset = names === "openai" ? `${seconds}s` : secondOf(state.resetUnixMs);
  const ofEach = (["requests", "tokens"] as const).map((counted) => {
    const left = state[counted];
    return left === undefined ? {} : headersOf(factsOf(left, reset), (fact) => nameOf[names](counted, fact));
  });
  return Object.assign(standard, ...ofEach);
}

function factsOf({ limit, remaining }: RateLeft, reset: string): Facts {
  return { limit: String(limit), remaining: String(remaining), reset };
}

function headersOf(facts: Facts, name: (fact: keyof Facts) => string): Record<string, string> {
  return Object.fromEntries(FACTS.map((fact) => [name(fact), facts[fact]]));
}

/** RFC 3339, in whole seconds, and never before the moment itself. */
function secondOf(unixMs: number): string {
  const whole = new Date(Math.ceil(unixMs / 1_000) * 1_000);
  return whole.toISOString().replace(".000Z", "Z");
}
