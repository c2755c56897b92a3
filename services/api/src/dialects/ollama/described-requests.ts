import {
  anyObject,
  asked,
  either,
  flag,
  integer,
  type JsonSchema,
  list,
  named,
  number,
  oneOf,
  type Properties,
  string,
} from "../../http/openapi/json-schema.js";
import { THINKING_LEVELS } from "../../inference/inference-request.js";
import { OPTION_TYPES, type OptionType, RESOURCE_TYPES } from "../../inference/model-options.js";
import { TOP_LOGPROBS_MAX } from "../../inference/text-bounds.js";
import { FUNCTION_TOOL, IMAGE, MODEL, ROLE } from "../described-parts.js";
import { GO_DURATION, KEEP_ALIVE_LENGTH_MAX } from "./keep-alive.js";

/* Bodies of requests, as `/openapi.json` describes them. A test reads them with the code and compares. */

const OPTION_DESCRIPTIONS: Readonly<Record<keyof typeof OPTION_TYPES, string>> = {
  num_predict: "Tokens of the answer at most; 0 and less: as many as there may be.",
  num_ctx: "No effect: workers decide the context.",
  num_keep: "Tokens of the prompt that stay when the context is full.",
  draft_num_predict: "Tokens that a draft model goes ahead.",
  seed: "Makes answers repeatable.",
  top_k: "The next token is one of so many.",
  repeat_last_n: "How far back repetitions count.",
  temperature: "0: always the most probable token.",
  top_p: "The next token is of the most probable ones that together have this share.",
  min_p: "The least share of the most probable token's that another one must have.",
  typical_p: "Share of locally typical tokens.",
  repeat_penalty: "How much repetitions are avoided.",
  presence_penalty: "How much tokens are avoided that were there.",
  frequency_penalty: "How much tokens are avoided that were there often.",
  stop: "Texts at which the answer ends.",
};

/** Fractions are cut: a number is good where an integer is meant. */
const OPTION_SCHEMAS: Readonly<Record<OptionType, JsonSchema>> = {
  integer: { type: "number" },
  number: { type: "number" },
  boolean: { type: "boolean" },
  strings: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
};

const OPTION_BOUNDS: Readonly<Record<string, JsonSchema>> = {
  repeat_last_n: { minimum: 0 },
  repeat_penalty: { exclusiveMinimum: 0 },
};

function options(bounds: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return asked({
    ...schemasOf(OPTION_TYPES, (name) => OPTION_DESCRIPTIONS[name], bounds),
    ...schemasOf(RESOURCE_TYPES, () => "No effect: a worker's owner decides.", {}),
  });
}

function schemasOf<Name extends string>(
  types: Readonly<Record<Name, OptionType>>,
  describe: (name: Name) => string,
  bounds: Readonly<Record<string, JsonSchema>>,
): Properties {
  // CAST: the names of a table are those of its type.
  const names = Object.keys(types) as Name[];
  return Object.fromEntries(
    names.map((name) => [
      name,
      { ...OPTION_SCHEMAS[types[name]], ...bounds[name], description: describe(name) },
    ]),
  );
}

const TEXT_OPTIONS = named("OllamaOptions", options(OPTION_BOUNDS));
const EMBED_OPTIONS = named("OllamaEmbedOptions", options({}));

const KEEP_ALIVE = either(
  "How long the model is to stay loaded. No effect, but that zero without a prompt is an unload.",
  string("A duration such as `5m`.", { pattern: GO_DURATION.source, maxLength: KEEP_ALIVE_LENGTH_MAX }),
  number("Seconds."),
);

const TEXT_FIELDS: Properties = {
  model: MODEL,
  stream: flag("Whether the answer comes piece by piece.", { default: true }),
  format: either(
    "What the answer has to fit.",
    oneOf(["json", ""], "Any JSON; empty: anything."),
    anyObject("A JSON schema."),
  ),
  options: TEXT_OPTIONS,
  think: either(
    "Whether, or how much, the model thinks first.",
    { type: "boolean" },
    oneOf(THINKING_LEVELS, "How much."),
  ),
  keep_alive: KEEP_ALIVE,
  truncate: flag("Cut a prompt that is longer than the context, and do not refuse it."),
  shift: flag("Drop the oldest text when the context is full."),
  logprobs: flag("Tell how probable each token was."),
  top_logprobs: integer("Alternatives that are told of each token.", {
    minimum: 0,
    maximum: TOP_LOGPROBS_MAX,
  }),
};

const IMAGES = list(IMAGE, "For models that can see.");

const MESSAGE = named(
  "OllamaMessage",
  asked({
    role: ROLE,
    content: string("What is said."),
    thinking: string("What was thought."),
    images: IMAGES,
    tool_calls: list(
      asked({
        id: string("Of the call."),
        function: asked({
          index: integer("Its place among the calls."),
          name: string("Of the tool."),
          arguments: anyObject("What it was called with."),
        }),
      }),
      "The tools that the model called in this turn.",
    ),
    tool_name: string("Of a tool's answer: which tool."),
    tool_call_id: string("Of a tool's answer: which call."),
  }),
);

export const CHAT_BODY = named(
  "OllamaChatRequest",
  asked(
    {
      ...TEXT_FIELDS,
      messages: list(MESSAGE, "The conversation. None: the model is loaded or unloaded."),
      tools: list(FUNCTION_TOOL, "What the model may call."),
    },
    ["model"],
  ),
);

export const GENERATE_BODY = named(
  "OllamaGenerateRequest",
  asked(
    {
      ...TEXT_FIELDS,
      prompt: string("What the model goes on from. None: the model is loaded or unloaded."),
      suffix: string("What comes behind the answer, for models that can insert."),
      system: string("Instead of the model's own; not with `raw`."),
      template: string("Instead of the model's own; not with `raw`."),
      images: IMAGES,
      raw: flag("The prompt goes to the model as it is."),
      context: list(integer("A token."), "Not supported: send the conversation to `/api/chat`.", {
        maxItems: 0,
      }),
    },
    ["model"],
  ),
);

const EMBED_FIELDS: Properties = { model: MODEL, options: EMBED_OPTIONS, keep_alive: KEEP_ALIVE };

export const EMBED_BODY = named(
  "OllamaEmbedRequest",
  asked(
    {
      ...EMBED_FIELDS,
      input: either(
        "What is embedded.",
        { type: "string" },
        list({ type: "string", minLength: 1 }, "Several."),
      ),
      truncate: flag("Cut what is longer than the context."),
      dimensions: integer("Of the vectors; none: all."),
    },
    ["model"],
  ),
);

export const EMBEDDINGS_BODY = named(
  "OllamaEmbeddingsRequest",
  asked({ ...EMBED_FIELDS, prompt: string("What is embedded.") }, ["model"]),
);

export const SHOW_BODY = named(
  "OllamaShowRequest",
  asked({
    model: MODEL,
    name: string("The older name of `model`."),
    verbose: flag("Also long lists in `model_info`."),
  }),
);

export const EXAMPLE_MESSAGES = [{ role: "user", content: "Tell me a story about a llama." }];
