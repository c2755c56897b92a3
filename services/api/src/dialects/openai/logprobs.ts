import { isJsonObject, type JsonObject } from "../../json-object.js";

/**
 * Ollama's logprobs in OpenAI's form, where no member is ever absent. They are what a worker sent: of each member its
 * kind is made sure of, because typed clients read them without looking.
 */
export function openAiLogprobs(logprobs: readonly JsonObject[]): readonly JsonObject[] {
  return logprobs.map((logprob) => {
    const alternatives = logprob["top_logprobs"];
    const read = Array.isArray(alternatives) ? alternatives.filter(isJsonObject).map(tokenOf) : [];
    return { ...tokenOf(logprob), top_logprobs: read };
  });
}

function tokenOf({ token, logprob, bytes }: JsonObject): JsonObject {
  const isBytes = Array.isArray(bytes) && bytes.every((byte) => Number.isInteger(byte));
  return {
    token: typeof token === "string" ? token : "",
    logprob: typeof logprob === "number" ? logprob : 0,
    bytes: isBytes ? bytes : null,
  };
}
