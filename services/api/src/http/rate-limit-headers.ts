import type { RateLeft, RateState } from "../limits/key-allowances.js";

/** `standard` names alone, or beside them those that OpenAI's clients read. */
export type RateLimitNames = "standard" | "openai";

/** All that there can be: pages of other origins may read them. */
export const RATE_LIMIT_HEADERS: readonly string[] = [
  "ratelimit-limit",
  "ratelimit-remaining",
  "ratelimit-reset",
  ...["limit", "remaining", "reset"].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
];

/**
 * What is left of a key's limits of a minute: `RateLimit-Limit`, `-Remaining` and `-Reset` (seconds) of its requests,
 * or of its tokens if it has no limit of requests.
 */
export function rateLimitHeaders(state: RateState, names: RateLimitNames): Record<string, string> {
  const { requests, tokens, resetMs } = state;
  const main = requests ?? tokens;
  if (main === undefined) return {};
  const reset = String(Math.ceil(resetMs / 1_000));
  return {
    "ratelimit-limit": String(main.limit),
    "ratelimit-remaining": String(main.remaining),
    "ratelimit-reset": reset,
    ...(names === "openai"
      ? { ...openAi("requests", requests, reset), ...openAi("tokens", tokens, reset) }
      : {}),
  };
}

function openAi(what: "requests" | "tokens", left: RateLeft | undefined, reset: string) {
  if (left === undefined) return {};
  return {
    [`x-ratelimit-limit-${what}`]: String(left.limit),
    [`x-ratelimit-remaining-${what}`]: String(left.remaining),
    [`x-ratelimit-reset-${what}`]: `${reset}s`,
  };
}
