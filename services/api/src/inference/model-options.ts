import { FlockError } from "@flock/errors";
import type { JsonObject } from "../json-object.js";

interface OptionTypes {
  readonly integer: number;
  readonly number: number;
  readonly boolean: boolean;
  readonly strings: readonly string[];
}
export type OptionType = keyof OptionTypes;

/** The options that there are, by Ollama's names. Others (unknown, or retired such as mirostat) are ignored. */
export const OPTION_TYPES = {
  num_predict: "integer",
  num_ctx: "integer",
  num_keep: "integer",
  draft_num_predict: "integer",
  seed: "integer",
  top_k: "integer",
  repeat_last_n: "integer",
  temperature: "number",
  top_p: "number",
  min_p: "number",
  typical_p: "number",
  repeat_penalty: "number",
  presence_penalty: "number",
  frequency_penalty: "number",
  stop: "strings",
} as const satisfies Readonly<Record<string, OptionType>>;

/** A worker's resources: its owner decides on them, so they are checked like the others and then left out. */
export const RESOURCE_TYPES = {
  num_batch: "integer",
  num_gpu: "integer",
  main_gpu: "integer",
  num_thread: "integer",
  use_mmap: "boolean",
} as const satisfies Readonly<Record<string, OptionType>>;

type OptionValues = {
  readonly [Name in keyof typeof OPTION_TYPES]?: OptionTypes[(typeof OPTION_TYPES)[Name]];
};

declare const isBounded: unique symbol;
declare const isSamplable: unique symbol;

/** How a model is to be run: known options of the right type, numbers within what engines take. */
export type ModelOptions = OptionValues & { readonly [isBounded]: true };

/** Options with which an engine generates text. */
export type SamplingOptions = ModelOptions & { readonly [isSamplable]: true };

const TYPE_NAMES: Readonly<Record<OptionType, string>> = {
  integer: "integer",
  number: "float32",
  boolean: "boolean",
  strings: "array of strings",
};

const INTEGER_MAX = 2 ** 31 - 1;
/** What Ollama makes of any smaller context. */
const CONTEXT_TOKENS_MIN = 4;

/**
 * Options by Ollama's names, normalised: null is unset, floats for integers are truncated, one stop word is a list.
 * @throws FlockError `invalid_argument` that names the option.
 */
export function modelOptions(options: JsonObject): ModelOptions {
  for (const [name, type] of Object.entries(RESOURCE_TYPES)) readOption(options, name, type);
  const read: Record<string, number | boolean | readonly string[]> = {};
  for (const [name, type] of Object.entries(OPTION_TYPES)) {
    const value = readOption(options, name, type);
    if (value !== undefined) read[name] = value;
  }
  const contextTokens = read["num_ctx"];
  if (typeof contextTokens === "number") read["num_ctx"] = Math.max(contextTokens, CONTEXT_TOKENS_MIN);
  // CAST: each was read as its type in the table says.
  return read as unknown as ModelOptions;
}

/**
 * Likewise, and what an engine that generates text refuses is refused before it costs anything. Embeddings do not look
 * at these.
 */
export function samplingOptions(given: JsonObject): SamplingOptions {
  const options = modelOptions(given);
  const { repeat_last_n: repeatLastN, repeat_penalty: repeatPenalty } = options;
  if (repeatLastN !== undefined && repeatLastN < 0)
    throw wrongOption("repeat_last_n", `must be between 0 and ${INTEGER_MAX}`);
  if (repeatPenalty !== undefined && repeatPenalty <= 0)
    throw wrongOption("repeat_penalty", "must be greater than 0");
  // CAST: checked above.
  return options as SamplingOptions;
}

/** Names of options, unlike those of fields, match exactly. */
function readOption(
  options: JsonObject,
  name: string,
  type: OptionType,
): number | boolean | readonly string[] | undefined {
  // Own ones alone: "constructor" is not one of every object.
  const value = Object.hasOwn(options, name) ? options[name] : undefined;
  if (value === undefined || value === null) return undefined;
  switch (type) {
    case "boolean":
      if (typeof value === "boolean") return value;
      break;
    case "number":
      if (typeof value === "number") return value;
      break;
    case "integer":
      if (typeof value === "number") return integerOf(name, value);
      break;
    case "strings":
      if (typeof value === "string") return [value];
      if (Array.isArray(value) && value.every((element) => typeof element === "string")) return value;
      break;
  }
  throw wrongOption(name, `must be of type ${TYPE_NAMES[type]}`);
}

function wrongOption(name: string, what: string): FlockError {
  return new FlockError("invalid_argument", `option "${name}" ${what}`, {
    details: { field: `options.${name}` },
  });
}

/** Truncated, and no further from 0 than an engine's numbers reach: what is more means the same. */
function integerOf(name: string, value: number): number {
  const max = name === "seed" ? Number.MAX_SAFE_INTEGER : INTEGER_MAX;
  // Never -0, which JSON would tell as 0 and comparisons not.
  return Math.min(Math.max(Math.trunc(value), -max), max) + 0;
}
