import { FlockError } from "@flock/errors";
import type { ModelOptions } from "../../inference/inference-request.js";
import { Fields } from "./fields.js";

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

/**
 * The `options` of a request, normalised: null is unset, floats for integers are truncated, one stop word is a list.
 */
export function readOptions(request: Fields): ModelOptions {
  const options = new Fields(request.object("options") ?? {});
  for (const [name, type] of Object.entries(RESOURCE_TYPES)) readOption(options, name, type);
  const read: Record<string, number | boolean | readonly string[]> = {};
  for (const [name, type] of Object.entries(OPTION_TYPES)) {
    const value = readOption(options, name, type);
    if (value !== undefined) read[name] = value;
  }
  const contextTokens = read["num_ctx"];
  if (typeof contextTokens === "number" && contextTokens < 1)
    throw new FlockError("invalid_argument", 'option "num_ctx" must be at least 1');
  return read;
}

function readOption(
  options: Fields,
  name: string,
  type: OptionType,
): number | boolean | readonly string[] | undefined {
  const value = options.raw(name);
  if (value === undefined) return undefined;
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

function integerOf(name: string, value: number): number {
  const integer = Math.trunc(value);
  if (!Number.isSafeInteger(integer))
    throw new FlockError("invalid_argument", `option "${name}" is out of range`);
  // Never -0, which JSON would tell as 0 and comparisons not.
  return integer + 0;
}
