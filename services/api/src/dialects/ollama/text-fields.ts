import { FlockError } from "@flock/errors";
import { type TextRequest, THINKING_LEVELS, type Thinking } from "../../inference/inference-request.js";
import { samplingOptions } from "../../inference/model-options.js";
import { topLogprobs } from "../../inference/text-bounds.js";
import type { Fields } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";

/** In Ollama's words. */
const THINK_VALUES = `${THINKING_LEVELS.map((level) => `"${level}"`).join(", ")}, true, or false`;
const THINK_TOLD_LENGTH_MAX = 100;

/**
 * Reads what `/api/generate` and `/api/chat` have in common. Needs no catalogue: types are checked before anything is
 * looked up.
 */
export function readTextFields(fields: Fields): TextRequest {
  const top = fields.number("top_logprobs");
  return {
    topLogprobs: top === undefined ? undefined : topLogprobs(top),
    logprobs: fields.boolean("logprobs"),
    options: samplingOptions(fields.object("options") ?? {}),
    model: fields.string("model") ?? "",
    isStreamed: fields.boolean("stream") ?? true,
    format: readFormat(fields),
    thinking: readThink(fields),
    truncate: fields.boolean("truncate"),
    shift: fields.boolean("shift"),
  };
}

/** JSON mode or a JSON schema that constrains the answer; `""` is none. */
export function readFormat(fields: Fields): "json" | JsonObject | undefined {
  const format = fields.raw("format");
  if (format === undefined || format === "") return undefined;
  if (format === "json") return format;
  if (typeof format === "string")
    throw new FlockError("invalid_argument", 'field "format" must be "json" or a JSON schema');
  return fields.object("format");
}

function readThink(fields: Fields): Thinking | undefined {
  const think = fields.raw("think");
  if (think === undefined || typeof think === "boolean") return think;
  if (typeof think !== "string")
    throw new FlockError("invalid_argument", `think must be a boolean or string (${THINK_VALUES})`);
  const level = THINKING_LEVELS.find((each) => each === think);
  if (level !== undefined) return level;
  const told = JSON.stringify(think.slice(0, THINK_TOLD_LENGTH_MAX));
  throw new FlockError("invalid_argument", `invalid think value: ${told} (must be ${THINK_VALUES})`);
}
