import type { TextRequest } from "../../inference/inference-request.js";
import { samplingOptions } from "../../inference/model-options.js";
import { type Fields, wrongType } from "../../json-fields.js";

/** What chat and completions have in common; see `TextRequest`. */
export type TextFields = Pick<TextRequest, "model" | "isStreamed" | "options">;

/** OpenAI's defaults, which are not those of the models. */
const TEMPERATURE = 1;
const TOP_P = 1;

/** Needs no catalogue: types are checked before anything is looked up. */
export function readTextFields(fields: Fields): TextFields {
  const tokensMax = fields.integer("max_tokens");
  return {
    model: fields.string("model") ?? "",
    isStreamed: fields.boolean("stream") ?? false,
    options: samplingOptions({
      temperature: fields.number("temperature") ?? TEMPERATURE,
      top_p: fields.number("top_p") ?? TOP_P,
      seed: fields.integer("seed"),
      stop: readStop(fields),
      frequency_penalty: fields.number("frequency_penalty"),
      presence_penalty: fields.number("presence_penalty"),
      // The one took the other's place.
      num_predict: fields.integer("max_completion_tokens") ?? tokensMax,
    }),
  };
}

/** Whether the stream is to end with what the answer took. */
export function includesUsage(fields: Fields): boolean {
  return fields.child("stream_options").boolean("include_usage") ?? false;
}

function readStop(fields: Fields): string | readonly string[] | undefined {
  const stop = fields.raw("stop");
  if (typeof stop === "string") return stop;
  if (stop !== undefined && !Array.isArray(stop))
    throw wrongType(fields.nameOf("stop"), "a string or an array of strings");
  return fields.strings("stop");
}
