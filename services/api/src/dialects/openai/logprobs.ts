import { readLogprob, type TokenLogprob } from "../../answers/token-logprob.js";
import type { JsonObject } from "../../json-object.js";

/** Ollama's logprobs in OpenAI's form, where no member is ever absent. */
export function openAiLogprobs(logprobs: readonly JsonObject[]): readonly JsonObject[] {
  return logprobs.map((given) => {
    const read = readLogprob(given);
    return { ...tokenOf(read), top_logprobs: read.alternatives.map(tokenOf) };
  });
}

function tokenOf({ token, logprob, bytes }: TokenLogprob): JsonObject {
  return { token, logprob, bytes: bytes ?? null };
}
