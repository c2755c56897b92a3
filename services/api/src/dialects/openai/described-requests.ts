import {
  always,
  anyObject,
  asked,
  either,
  flag,
  integer,
  list,
  named,
  number,
  oneOf,
  type Properties,
  string,
} from "../../http/openapi/json-schema.js";
import { TOP_LOGPROBS_MAX } from "../../inference/text-bounds.js";
import { ARGUMENTS_TEXT, DATA_URL_IMAGE, FUNCTION_TOOL, MODEL, ROLE } from "../described-parts.js";
import { ENCODINGS } from "./embeddings.js";
import { EFFORTS } from "./reasoning-effort.js";

/* Bodies of requests, as `/openapi.json` describes them. A test reads them with the code and compares. */

const TEXT_FIELDS: Properties = {
  model: MODEL,
  stream: flag("Whether the answer comes piece by piece.", { default: false }),
  stream_options: asked({ include_usage: flag("One more chunk at the end, with the usage.") }),
  max_completion_tokens: integer("Tokens of the answer at most; 0 and less: as many as there may be."),
  max_tokens: integer("The older name of `max_completion_tokens`."),
  temperature: number("0: always the most probable token.", { default: 1 }),
  top_p: number("The next token is of the most probable ones that together have this share.", { default: 1 }),
  seed: integer("Makes answers repeatable."),
  stop: either("Texts at which the answer ends.", { type: "string" }, list({ type: "string" }, "Several.")),
  frequency_penalty: number("How much tokens are avoided that were there often."),
  presence_penalty: number("How much tokens are avoided that were there."),
};

const EFFORT = oneOf([...EFFORTS.keys(), ""], "How much the model thinks; empty: as it is used to.");

const PART = either(
  "A part of a message.",
  asked({ type: always("text"), text: string("What is said.") }, ["type"]),
  asked(
    {
      type: always("image_url"),
      image_url: either("The image.", DATA_URL_IMAGE, asked({ url: DATA_URL_IMAGE }, ["url"])),
    },
    ["type", "image_url"],
  ),
);

const MESSAGE = named("OpenAiMessage", {
  ...asked({
    role: ROLE,
    content: either("What is said.", { type: "string" }, list(PART, "In parts.")),
    reasoning: string("What was thought."),
    tool_calls: list(
      asked({
        id: string("Of the call."),
        function: asked({ name: string("Of the tool."), arguments: ARGUMENTS_TEXT }),
      }),
      "The tools that the model called in this turn.",
    ),
    tool_call_id: string("Of a tool's answer: which call."),
    name: string("Of a tool's answer: which tool."),
  }),
  anyOf: [{ required: ["content"] }, { required: ["tool_calls"] }],
});

export const CHAT_BODY = named(
  "OpenAiChatRequest",
  asked(
    {
      ...TEXT_FIELDS,
      messages: list(MESSAGE, "The conversation.", { minItems: 1 }),
      tools: list(FUNCTION_TOOL, "What the model may call."),
      tool_choice: { description: "`none` leaves the tools out; anything else has no effect." },
      response_format: asked({
        type: string("`json_object` or `json_schema`; others are text."),
        json_schema: asked({ schema: anyObject("What the answer has to fit.") }),
      }),
      reasoning_effort: EFFORT,
      reasoning: asked({ effort: EFFORT }),
      logprobs: flag("Tell how probable each token was."),
      top_logprobs: integer("Alternatives that are told of each token.", {
        minimum: 0,
        maximum: TOP_LOGPROBS_MAX,
      }),
    },
    ["model", "messages"],
  ),
);

export const COMPLETION_BODY = named(
  "OpenAiCompletionRequest",
  asked(
    {
      ...TEXT_FIELDS,
      prompt: string("What the model goes on from."),
      suffix: string("What comes behind the answer, for models that can insert."),
    },
    ["model"],
  ),
);

export const EMBEDDINGS_BODY = named(
  "OpenAiEmbeddingsRequest",
  asked(
    {
      model: MODEL,
      input: either(
        "What is embedded.",
        { type: "string", minLength: 1 },
        list({ type: "string", minLength: 1 }, "Several.", { minItems: 1 }),
      ),
      encoding_format: oneOf([...ENCODINGS.keys(), ""], "How vectors are told."),
      dimensions: integer("Of the vectors; none: all."),
    },
    ["model", "input"],
  ),
);
