import {
  always,
  anyObject,
  either,
  integer,
  type JsonSchema,
  list,
  named,
  oneOf,
  orNull,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { STORY } from "../../stories/described-story.js";
import { ARGUMENTS_TEXT } from "../described-parts.js";

/* Bodies of answers, as `/openapi.json` describes them. A test compares them with real answers. */

const COUNT = { type: "integer", minimum: 0 } as const;
const NOTHING = { type: "array", maxItems: 0 } as const;
const ID = string("Has the id of the request.");

const TEXT_PART = named(
  "OpenAiOutputText",
  told({
    type: always("output_text"),
    text: string("What is said."),
    annotations: NOTHING,
    logprobs: NOTHING,
  }),
);
const SUMMARY_PART = told({ type: always("summary_text"), text: string("What is thought.") });
const STATUS = oneOf(["in_progress", "completed", "incomplete"], "Where it stands.");

const ITEM = named(
  "OpenAiOutputItem",
  either(
    "An item of a response.",
    told({
      id: ID,
      type: always("message"),
      status: STATUS,
      role: always("assistant"),
      content: list(TEXT_PART, "What is said."),
    }),
    told(
      {
        id: ID,
        type: always("reasoning"),
        summary: list(SUMMARY_PART, "What is thought."),
        encrypted_content: string("The same text, not encrypted."),
      },
      ["encrypted_content"],
    ),
    told({
      id: ID,
      type: always("function_call"),
      call_id: string("Of the call."),
      name: string("Of the tool."),
      status: STATUS,
      arguments: ARGUMENTS_TEXT,
    }),
  ),
);

const USAGE = told(
  {
    input_tokens: COUNT,
    input_tokens_details: told({ cached_tokens: COUNT }),
    output_tokens: COUNT,
    output_tokens_details: told({ reasoning_tokens: COUNT }),
    total_tokens: COUNT,
    output_tokens_bound: oneOf(
      ["lower", "upper"],
      "Where the count is not the engine's own: what it is instead.",
    ),
  },
  ["output_tokens_bound"],
);

/** Told back as they were asked for, or as they always are. */
const SETTINGS: Properties = {
  instructions: orNull({ type: "string" }),
  tools: list({ type: "object" }, "The functions that were offered."),
  tool_choice: oneOf(["auto", "none"], "Whether the model might call them."),
  text: told({ format: anyObject("What the answer had to fit.") }),
  reasoning: orNull(told({ effort: orNull({ type: "string" }), summary: orNull({ type: "string" }) })),
  temperature: { type: "number" },
  top_p: { type: "number" },
  max_output_tokens: orNull({ type: "integer" }),
  truncation: oneOf(["auto", "disabled"], "Whether the prompt might be cut."),
  previous_response_id: { type: "null" },
  parallel_tool_calls: { type: "boolean" },
  presence_penalty: { type: "number" },
  frequency_penalty: { type: "number" },
  top_logprobs: { type: "integer" },
  max_tool_calls: { type: "null" },
  store: { type: "boolean" },
  background: { type: "boolean" },
  service_tier: { type: "string" },
  metadata: { type: "object" },
  safety_identifier: { type: "null" },
  prompt_cache_key: { type: "null" },
};

export const RESPONSE_ANSWER = named(
  "OpenAiResponse",
  told(
    {
      id: ID,
      object: always("response"),
      created_at: integer("Seconds since 1970."),
      completed_at: orNull(integer("Seconds since 1970.")),
      status: oneOf(["in_progress", "completed", "incomplete", "failed"], "Where it stands."),
      incomplete_details: orNull(told({ reason: always("max_output_tokens") })),
      model: string("As it was asked for."),
      output: list(ITEM, "The answer."),
      error: orNull(told({ code: { type: "string" }, message: { type: "string" } })),
      usage: orNull(USAGE),
      ...SETTINGS,
      flock: STORY,
    },
    ["flock"],
  ),
);

function event(types: readonly string[], members: Properties): JsonSchema {
  return told({
    type: types.length === 1 ? always(types[0] ?? "") : oneOf(types, "Also the event's name."),
    ...members,
    sequence_number: integer("Of the event, from 0.", { minimum: 0 }),
  });
}

const INDEX = integer("Its place, from 0.", { minimum: 0 });
const PLACE: Properties = { item_id: ID, output_index: INDEX };
const OF_TEXT: Properties = { ...PLACE, content_index: INDEX };
const OF_SUMMARY: Properties = { ...PLACE, summary_index: INDEX };
const STRING = { type: "string" } as const;

export const RESPONSE_EVENT = named(
  "OpenAiResponseEvent",
  either(
    "An event; its `type` is also the event's name.",
    event(
      ["created", "in_progress", "completed", "incomplete", "failed"].map((state) => `response.${state}`),
      { response: RESPONSE_ANSWER },
    ),
    event(["response.output_item.added", "response.output_item.done"], { output_index: INDEX, item: ITEM }),
    event(["response.content_part.added", "response.content_part.done"], { ...OF_TEXT, part: TEXT_PART }),
    event(["response.output_text.delta"], { ...OF_TEXT, logprobs: NOTHING, delta: STRING }),
    event(["response.output_text.done"], { ...OF_TEXT, logprobs: NOTHING, text: STRING }),
    event(["response.reasoning_summary_part.added", "response.reasoning_summary_part.done"], {
      ...OF_SUMMARY,
      part: SUMMARY_PART,
    }),
    event(["response.reasoning_summary_text.delta"], { ...OF_SUMMARY, delta: STRING }),
    event(["response.reasoning_summary_text.done"], { ...OF_SUMMARY, text: STRING }),
    event(["response.function_call_arguments.delta"], { ...PLACE, delta: STRING }),
    event(["response.function_call_arguments.done"], { ...PLACE, arguments: STRING }),
  ),
);
