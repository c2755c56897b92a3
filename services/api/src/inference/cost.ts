/**
 * What a request may cost, before anything is known of its answer.
 *
 *   prompt bound  = min(bytes + 64 × prompts, context length × prompts)
 *   amount max    = prompt bound × prompt price + completion bound × completion price   reserved if the wallet has it
 *   amount min    = prompt bound × prompt price + 1 × completion price                     less is of no use
 *
 * A token is at least a byte, 64 tokens are for what a template adds, and only embeddings have more than one prompt.
 * A wallet that has something in between gets a shorter answer: as many completion tokens as the rest of the grant pays
 * for, rounded down. Example: prices 2 and 5, bound 100 + 50 tokens: max 450, min 205; a grant of 229 pays for 5
 * tokens.
 */
import { type MicroLlama, microLlama } from "@flock/money";

const TEMPLATE_TOKENS = 64;

/** Prices are µLLAMA per token. */
export interface Prices {
  readonly promptPriceMicro: bigint;
  readonly completionPriceMicro: bigint;
}

export interface TokenBounds {
  readonly promptTokensMax: number;
  /** 0 for embeddings. */
  readonly completionTokensMax: number;
}

/** Upper bound of the tokens of `prompts` prompts of `promptBytes` together; `contextLength` 0 means unknown. */
export function promptTokensBound(promptBytes: number, contextLength: number, prompts = 1): number {
  const bound = promptBytes + TEMPLATE_TOKENS * prompts;
  return contextLength > 0 ? Math.min(bound, contextLength * prompts) : bound;
}

/** The most that a job may cost, and the least that is worth reserving for it. */
export function amounts(prices: Prices, bounds: TokenBounds): { max: MicroLlama; min: MicroLlama } {
  const prompt = BigInt(bounds.promptTokensMax) * prices.promptPriceMicro;
  const completion = BigInt(bounds.completionTokensMax) * prices.completionPriceMicro;
  const oneToken = bounds.completionTokensMax > 0 ? prices.completionPriceMicro : 0n;
  return { max: microLlama(prompt + completion), min: microLlama(prompt + oneToken) };
}

/** Completion tokens that a grant pays for after the whole prompt bound; at most the bound. */
export function affordableTokens(prices: Prices, bounds: TokenBounds, granted: bigint): number {
  if (prices.completionPriceMicro <= 0n) return bounds.completionTokensMax;
  const rest = granted - BigInt(bounds.promptTokensMax) * prices.promptPriceMicro;
  const tokens = rest / prices.completionPriceMicro;
  return tokens >= BigInt(bounds.completionTokensMax)
    ? bounds.completionTokensMax
    : Math.max(0, Number(tokens));
}
