import { FlockError } from "@flock/errors";
import type { ModelOptions } from "../../inference/inference-request.js";
import type { JsonObject } from "../../json-object.js";
import type { Fields } from "./fields.js";

type OptionType = "integer" | "number" | "boolean" | "strings";

/** Ollama's `options`. Names that are not here (unknown, or retired such as mirostat) are ignored. */
const OPTION_TYPES: Readonly<Record<string, OptionType>> = {
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
};

/** A worker's resources: its owner decides on them, so they are checked like the others and then left out. */
const RESOURCE_TYPES: Readonly<Record<string, OptionType>> = {
  num_batch: "integer",
  num_gpu: "integer",
  main_gpu: "integer",
  num_thread: "integer",
  use_mmap: "boolean",
};

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
 * The `options` of a request, normalised: null is unset, floats for integers are truncated, one stop word is a list.
 */
export function readOptions(request: Fields): ModelOptions {
  const options = request.object("options") ?? {};
  for (const [name, type] of Object.entries(RESOURCE_TYPES)) readOption(options, name, type);
  const read: Record<string, number | boolean | readonly string[]> = {};
  for (const [name, type] of Object.entries(OPTION_TYPES)) {
    const value = readOption(options, name, type);
    if (value !== undefined) read[name] = value;
  }
  const contextTokens = read["num_ctx"];
  if (typeof contextTokens === "number") read["num_ctx"] = Math.max(contextTokens, CONTEXT_TOKENS_MIN);
  return read;
}

/**
 * Refuses what an engine that generates text refuses, before it costs anything. Embeddings do not look at these.
 * @throws FlockError `invalid_argument` that names the option.
 */
export function requireSamplable(options: ModelOptions): void {
  const { repeat_last_n: repeatLastN, repeat_penalty: repeatPenalty } = options;
  if (typeof repeatLastN === "number" && repeatLastN < 0)
    throw new FlockError("invalid_argument", `option "repeat_last_n" must be between 0 and ${INTEGER_MAX}`);
  if (typeof repeatPenalty === "number" && repeatPenalty <= 0)
    throw new FlockError("invalid_argument", 'option "repeat_penalty" must be greater than 0');
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
  throw new FlockError("invalid_argument", `option "${name}" must be of type ${TYPE_NAMES[type]}`);
}

/** Truncated, and no further from 0 than an engine's numbers reach: what is more means the same. */
function integerOf(name: string, value: number): number {
  const max = name === "seed" ? Number.MAX_SAFE_INTEGER : INTEGER_MAX;
  // Never -0, which JSON would tell as 0 and comparisons not.
  return Math.min(Math.max(Math.trunc(value), -max), max) + 0;
}
