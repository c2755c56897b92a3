import { isJsonObject, type JsonObject } from "../json-object.js";

/** How probable a token was. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  /** Of the token in UTF-8; undefined if they were not told. */
  readonly bytes: readonly number[] | undefined;
}

/** A token of an answer, and what else could have stood there. */
export interface AnswerLogprob extends TokenLogprob {
  readonly alternatives: readonly TokenLogprob[];
}

/**
 * Reads one of Ollama's logprob objects. A worker sent it, and typed clients read what we make of it without looking:
 * a member of another kind than expected counts as absent.
 */
export function readLogprob(given: JsonObject): AnswerLogprob {
  const { top_logprobs: top } = given;
  return {
    ...readToken(given),
    alternatives: Array.isArray(top) ? top.filter(isJsonObject).map(readToken) : [],
  };
}

function readToken({ token, logprob, bytes }: JsonObject): TokenLogprob {
  return {
    token: typeof token === "string" ? token : "",
    logprob: typeof logprob === "number" ? logprob : 0,
    bytes: Array.isArray(bytes) && bytes.every(isByte) ? bytes : undefined,
  };
}

function isByte(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 256;
}
