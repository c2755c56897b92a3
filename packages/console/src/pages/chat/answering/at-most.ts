/**
 * What a request may cost, by the rule that the api reserves by (docs/api.md, "Prices and limits"):
 *
 *   prompt     ≤ min(bytes of the messages + 64, context length)          a token is at least a byte
 *   at most    = prompt × its price + tokens of the answer × their price
 *
 * Example: 36 bytes and 50 tokens at 2 and 5 µLLAMA a token: 100 × 2 + 50 × 5 = 450.
 */

export interface TokenPrices {
  readonly promptMicro: bigint;
  readonly completionMicro: bigint;
}

export interface TokenBounds {
  readonly prompt: number;
  readonly completion: number;
}

const TEMPLATE_TOKENS = 64;
/** The api's own ceiling, unless its operator has set another one. */
const COMPLETION_TOKENS_MAX = 4_096;

/**
 * @param messages As they are sent.
 * @param numPredict What was asked for; none: as much as fits.
 * @param guestMax The ceiling of a guest's answers, if this is one.
 */
export function tokenBounds(
  messages: readonly unknown[],
  contextLength: number | null,
  numPredict: number | undefined,
  guestMax: number | null,
): TokenBounds {
  const bytes = bytesOf(messages);
  const context = contextLength ?? Number.MAX_SAFE_INTEGER;
  const ceiling = Math.min(COMPLETION_TOKENS_MAX, context, guestMax ?? COMPLETION_TOKENS_MAX);
  return {
    prompt: Math.min(bytes + TEMPLATE_TOKENS, context),
    completion: numPredict === undefined || numPredict <= 0 ? ceiling : Math.min(numPredict, ceiling),
  };
}

export function atMost(prices: TokenPrices, { prompt, completion }: TokenBounds): bigint {
  return BigInt(prompt) * prices.promptMicro + BigInt(completion) * prices.completionMicro;
}

/** How many tokens of an answer the balance covers beside the prompt; 0: not one. */
export function affordableTokens(prices: TokenPrices, bounds: TokenBounds, availableMicro: bigint): number {
  const rest = availableMicro - BigInt(bounds.prompt) * prices.promptMicro;
  if (rest < 0n) return 0;
  if (prices.completionMicro === 0n) return bounds.completion;
  const tokens = rest / prices.completionMicro;
  return tokens > BigInt(bounds.completion) ? bounds.completion : Number(tokens);
}

/** Of the messages as JSON. Images are megabytes of letters that JSON leaves as they are: they are only counted. */
function bytesOf(messages: readonly unknown[]): number {
  let imageBytes = 0;
  const json = JSON.stringify({ messages }, (name, value: unknown) => {
    if (name !== "images" || !Array.isArray(value)) return value;
    imageBytes += value.reduce((sum: number, image) => sum + String(image).length, 0);
    return value.map(() => "");
  });
  return new TextEncoder().encode(json).length + imageBytes;
}
