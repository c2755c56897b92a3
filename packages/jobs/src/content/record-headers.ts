import type { Chunk, Final } from "@flock/proto/jobs";

/*
 * What of a sealed chunk or final travels in the clear, for a requester that cannot read the rest, and is bound to it.
 */

export function headerOfChunk({
  tokens,
  promptTokens,
  tokensMax,
}: Pick<Chunk, "tokens" | "promptTokens" | "tokensMax">): readonly number[] {
  return [tokens, promptTokens, tokensMax];
}

export function headerOfFinal({
  outcome,
  promptTokens,
  completionTokens,
}: Pick<Final, "outcome" | "promptTokens" | "completionTokens">): readonly number[] {
  return [outcome, promptTokens, completionTokens];
}
