import {
  always,
  anyObject,
  either,
  integer,
  list,
  named,
  oneOf,
  orNull,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { STORY } from "../../stories/described-story.js";
import { PRICES } from "../price-member.js";

/* Bodies of answers, as `/openapi.json` describes them. A test compares them with real answers. */

export const ERROR = named(
  "AnthropicError",
  told({
    type: always("error"),
    error: told({
      type: string("Its kind: `invalid_request_error`, `rate_limit_error`, `overloaded_error`, …"),
      message: string("What is wrong."),
    }),
    request_id: string("Also in the header `request-id`."),
  }),
);

const COUNT = { type: "integer", minimum: 0 } as const;
const USAGE = named(
  "AnthropicUsage",
  told(
    {
      input_tokens: COUNT,
      output_tokens: COUNT,
      output_tokens_bound: oneOf(
        ["lower", "upper"],
        "Where the count is not the engine's own: what it is instead.",
      ),
    },
    ["output_tokens_bound"],
  ),
);

const STOP: Properties = {
  stop_reason: orNull(oneOf(["end_turn", "max_tokens", "tool_use"], "Why it ended.")),
  stop_sequence: { type: "null" },
};

const BLOCK = named(
  "AnthropicBlock",
  either(
    "A block of an answer.",
    told({ type: always("text"), text: string("What is said.") }),
    told({ type: always("thinking"), thinking: string("What is thought."), signature: always("") }),
    told({
      type: always("tool_use"),
      id: string("Of the call."),
      name: string("Of the tool."),
      input: anyObject("What it is to be called with."),
    }),
  ),
);

export const MESSAGE_ANSWER = named(
  "AnthropicMessageAnswer",
  told({
    id: string("Has the id of the request."),
    type: always("message"),
    role: always("assistant"),
    model: string("As it was asked for."),
    content: list(BLOCK, "The answer."),
    ...STOP,
    usage: USAGE,
  }),
);

const INDEX = integer("Of the block.", { minimum: 0 });

export const MESSAGE_EVENT = named(
  "AnthropicEvent",
  either(
    "An event; its `type` is also the event's name.",
    told({ type: always("message_start"), message: MESSAGE_ANSWER }),
    told({ type: always("content_block_start"), index: INDEX, content_block: BLOCK }),
    told({
      type: always("content_block_delta"),
      index: INDEX,
      delta: either(
        "What is added to the block.",
        told({ type: always("text_delta"), text: { type: "string" } }),
        told({ type: always("thinking_delta"), thinking: { type: "string" } }),
        told({ type: always("input_json_delta"), partial_json: { type: "string" } }),
      ),
    }),
    told({ type: always("content_block_stop"), index: INDEX }),
    told({ type: always("message_delta"), delta: told(STOP), usage: USAGE, flock: STORY }, ["flock"]),
    told({ type: always("message_stop") }),
    told({ type: always("ping"), flock: STORY }),
    ERROR,
  ),
);

export const MODEL_ANSWER = named(
  "AnthropicModel",
  told({
    type: always("model"),
    id: { type: "string" },
    display_name: { type: "string" },
    created_at: string("When it was changed.", { format: "date-time" }),
    flock: PRICES,
  }),
);

export const MODELS_ANSWER = named(
  "AnthropicModels",
  told({
    data: list(MODEL_ANSWER, "All of them: there is one page."),
    has_more: { type: "boolean", const: false },
    first_id: orNull({ type: "string" }),
    last_id: orNull({ type: "string" }),
  }),
);
