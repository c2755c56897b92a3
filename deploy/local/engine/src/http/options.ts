import { randomInt } from "node:crypto";
import { FlockError } from "@flock/errors";
import type { SamplingOptions } from "../sampling/sampler.js";
import { Fields, type JsonObject } from "./fields.js";

/** Ollama's `options`, with defaults filled in. */
export interface RunOptions {
  readonly sampling: SamplingOptions;
  /** Default -1: until the context is full. */
  readonly predictTokensMax: number;
  /** Default: what the engine offers. */
  readonly contextTokens: number;
  /** Default 4, as Ollama's `num_keep`; negative: the whole prompt. */
  readonly keepTokens: number;
  readonly stop: readonly string[];
}

const STOP_STRINGS_MAX = 64;
const STOP_CHARACTERS_MAX = 4096;
/** Ollama's own lower bound. */
const CONTEXT_TOKENS_MIN = 4;
/** Seeds are drawn below this when none is given. */
const RANDOM_SEED_BOUND = 2 ** 31;

/**
 * Reads `options`. null is unset, unknown names are ignored, a wrong type is refused with the option's name, numbers
 * out of range mean the nearest sensible value (see the README's table).
 */
export function readOptions(object: JsonObject | undefined, contextTokensMax: number): RunOptions {
  const fields = new Fields(object ?? {}, (name) => `option "${name}"`);
  const seed = fields.integer("seed") ?? -1;
  const contextTokens = fields.integer("num_ctx") ?? contextTokensMax;
  const repeatPenalty = fields.number("repeat_penalty") ?? 1;
  if (repeatPenalty <= 0)
    throw new FlockError("invalid_argument", 'option "repeat_penalty" must be greater than 0');
  return {
    sampling: {
      temperature: fields.number("temperature") ?? 0.8,
      topK: fields.integer("top_k") ?? 40,
      topP: fields.number("top_p") ?? 0.9,
      minP: fields.number("min_p") ?? 0,
      repeatPenalty,
      repeatLastN: fields.integer("repeat_last_n") ?? 64,
      presencePenalty: fields.number("presence_penalty") ?? 0,
      frequencyPenalty: fields.number("frequency_penalty") ?? 0,
      seed: seed === -1 ? randomInt(RANDOM_SEED_BOUND) : seed,
    },
    predictTokensMax: predictTokensMax(fields.integer("num_predict") ?? -1),
    contextTokens:
      contextTokens <= 0
        ? contextTokensMax
        : Math.min(Math.max(contextTokens, CONTEXT_TOKENS_MIN), contextTokensMax),
    keepTokens: keepTokens(fields.integer("num_keep") ?? 4),
    stop: stopStrings(fields.raw("stop")),
  };
}

/** In Ollama nothing and less than nothing mean the same. */
const predictTokensMax = (value: number) => (value <= 0 ? -1 : value);

const keepTokens = (value: number) => (value < 0 ? Number.MAX_SAFE_INTEGER : value);

function stopStrings(value: unknown): readonly string[] {
  const strings = value === undefined ? [] : Array.isArray(value) ? value : [value];
  if (!strings.every((item) => typeof item === "string")) {
    const expected = Array.isArray(value) ? "an array of strings" : "type array";
    throw new FlockError("invalid_argument", `option "stop" must be of ${expected}`);
  }
  if (strings.length > STOP_STRINGS_MAX || strings.join("").length > STOP_CHARACTERS_MAX) {
    const limits = `${STOP_STRINGS_MAX} strings and ${STOP_CHARACTERS_MAX} characters`;
    throw new FlockError("invalid_argument", `option "stop" must not exceed ${limits}`);
  }
  return strings;
}
