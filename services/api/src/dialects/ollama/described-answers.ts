import {
  always,
  anyObject,
  flag,
  integer,
  type JsonSchema,
  list,
  named,
  number,
  oneOf,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { STORY } from "../../stories/described-story.js";
import { PRICES } from "../price-member.js";

/* Bodies of answers, as `/openapi.json` describes them. A test compares them with real answers. */

const WRONG: Properties = { error: string("What is wrong.") };
export const ERROR = named("OllamaError", told(WRONG));
/** The last line of a stream that failed in the middle. */
export const STREAM_ERROR = named("OllamaStreamError", told({ ...WRONG, flock: STORY }, ["flock"]));

const NANOSECONDS = { minimum: 0 };
/** Of an answer that is whole, or of its last line. */
const STATISTICS: Properties = {
  done_reason: oneOf(["stop", "length", "load", "unload"], "Why it ended."),
  total_duration: integer("Nanoseconds from the request to its end.", NANOSECONDS),
  load_duration: integer("Nanoseconds for loading the model.", NANOSECONDS),
  prompt_eval_count: integer("Tokens of the prompt.", { minimum: 0 }),
  prompt_eval_duration: integer("Nanoseconds for reading the prompt.", NANOSECONDS),
  eval_count: integer("Tokens of the answer.", { minimum: 0 }),
  eval_duration: integer("Nanoseconds for the answer.", NANOSECONDS),
  eval_count_bound: oneOf(
    ["lower", "upper"],
    "Where `eval_count` is not the engine's own: what it is instead.",
  ),
};

const TOOL_CALLS = list(
  {
    ...told(
      {
        id: string("Of the call."),
        function: {
          ...told(
            {
              index: integer("Its place among the calls."),
              name: string("Of the tool."),
              arguments: anyObject("What it is to be called with."),
            },
            ["index"],
          ),
          additionalProperties: true,
        },
      },
      ["id"],
    ),
    additionalProperties: true,
  },
  "What the model wants called.",
);

const LOGPROBS = list(
  {
    ...told({ token: string("Its text."), logprob: number("Natural logarithm of its probability.") }),
    additionalProperties: true,
  },
  "How probable each token was.",
);

function answer(properties: Properties, optional: readonly string[] = []): JsonSchema {
  return told(
    {
      model: string("As it was asked for."),
      created_at: string("When this was written.", { format: "date-time" }),
      ...properties,
      logprobs: LOGPROBS,
      done: flag("Whether this is the end. A stream without it is not whole."),
      ...STATISTICS,
      flock: STORY,
    },
    [...optional, "logprobs", ...Object.keys(STATISTICS), "flock"],
  );
}

export const CHAT_ANSWER = named(
  "OllamaChatAnswer",
  answer({
    message: told(
      {
        role: always("assistant"),
        content: string("What is said: the next piece of it, in a stream."),
        thinking: string("What is thought."),
        tool_calls: TOOL_CALLS,
      },
      ["thinking", "tool_calls"],
    ),
  }),
);

export const GENERATE_ANSWER = named(
  "OllamaGenerateAnswer",
  answer(
    {
      response: string("The text: the next piece of it, in a stream."),
      thinking: string("What is thought."),
      tool_calls: TOOL_CALLS,
    },
    ["thinking", "tool_calls"],
  ),
);

const VECTOR = list({ type: "number" }, "A vector.");

export const EMBED_ANSWER = named(
  "OllamaEmbedAnswer",
  told({
    model: string("As it was asked for."),
    embeddings: list(VECTOR, "A vector for each input."),
    total_duration: integer("Nanoseconds from the request to its end.", NANOSECONDS),
    load_duration: integer("Nanoseconds for loading the model.", NANOSECONDS),
    prompt_eval_count: integer("Tokens of the input.", { minimum: 0 }),
  }),
);

export const EMBEDDINGS_ANSWER = named("OllamaEmbeddingsAnswer", told({ embedding: VECTOR }));

const DETAILS = named(
  "OllamaModelDetails",
  told(
    {
      parent_model: { type: "string" },
      format: { type: "string" },
      family: { type: "string" },
      families: list({ type: "string" }, "All families."),
      parameter_size: { type: "string" },
      quantization_level: { type: "string" },
      context_length: integer("Tokens.", { minimum: 1 }),
      embedding_length: number("Of a vector."),
    },
    ["context_length", "embedding_length"],
  ),
);

const IDENTITY: Properties = {
  name: { type: "string" },
  model: string("The same."),
  size: integer("Bytes.", { minimum: 0 }),
  digest: { type: "string" },
  details: DETAILS,
};
const CAPABILITIES = list({ type: "string" }, "What it can do: `completion`, `tools`, `vision`, …");
const MODIFIED_AT = string("When it was changed.", { format: "date-time" });

export const TAGS_ANSWER = named(
  "OllamaModels",
  told({
    models: list(told({ ...IDENTITY, modified_at: MODIFIED_AT, capabilities: CAPABILITIES }), "In use now."),
  }),
);

export const PS_ANSWER = named(
  "OllamaLoadedModels",
  told({
    models: list(
      told({
        ...IDENTITY,
        expires_at: string("Until when it is loaded.", { format: "date-time" }),
        size_vram: integer("Bytes.", { minimum: 0 }),
        context_length: integer("Tokens.", { minimum: 0 }),
      }),
      "In some worker's memory.",
    ),
  }),
);

export const SHOW_ANSWER = named(
  "OllamaModel",
  told(
    {
      license: { type: "string" },
      parameters: { type: "string" },
      template: { type: "string" },
      system: { type: "string" },
      modelfile: { type: "string" },
      details: DETAILS,
      model_info: anyObject("What its file says of it; long lists are null unless `verbose` is set."),
      capabilities: CAPABILITIES,
      modified_at: MODIFIED_AT,
      flock: PRICES,
    },
    ["license", "parameters", "template", "system"],
  ),
);

export const VERSION_ANSWER = named("OllamaVersion", told({ version: { type: "string" } }));
