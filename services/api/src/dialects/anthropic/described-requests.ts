import {
  always,
  anyObject,
  asked,
  either,
  flag,
  integer,
  type JsonSchema,
  list,
  named,
  number,
  string,
} from "../../http/openapi/json-schema.js";
import { IMAGE, MODEL, ROLE, toolFunction } from "../described-parts.js";

/* The body of a request, as `/openapi.json` describes it. A test reads it with the code and compares. */

const NOT_EMPTY = { minLength: 1 };
const TEXT_BLOCK = asked({ type: always("text"), text: string("What is said.") }, ["type"]);
const IMAGE_BLOCK = asked(
  { type: always("image"), source: asked({ type: always("base64"), data: IMAGE }, ["type", "data"]) },
  ["type", "source"],
);

const READ_TYPES = ["text", "image", "thinking", "tool_use", "tool_result", "document"];
const OTHER_BLOCK = asked({ type: string("Of another type: left out.", { not: { enum: READ_TYPES } }) });

function textOr(description: string, ...blocks: readonly JsonSchema[]): JsonSchema {
  return either(description, { type: "string" }, list({ anyOf: [...blocks, OTHER_BLOCK] }, "In blocks."));
}

const MESSAGE = named(
  "AnthropicMessage",
  asked({
    role: ROLE,
    content: textOr(
      "What is said. Blocks of other types are left out, but `document` is refused.",
      TEXT_BLOCK,
      IMAGE_BLOCK,
      asked({ type: always("thinking"), thinking: string("What was thought.") }, ["type"]),
      asked(
        {
          type: always("tool_use"),
          id: string("Of the call.", NOT_EMPTY),
          name: string("Of the tool.", NOT_EMPTY),
          input: anyObject("What it was called with."),
        },
        ["type", "id", "name"],
      ),
      asked(
        {
          type: always("tool_result"),
          tool_use_id: string("Of the call.", NOT_EMPTY),
          is_error: flag("It failed."),
          content: textOr("What the tool answered.", TEXT_BLOCK, IMAGE_BLOCK),
        },
        ["type", "tool_use_id"],
      ),
    ),
  }),
);

export const MESSAGES_BODY = named(
  "AnthropicMessagesRequest",
  asked(
    {
      model: { ...MODEL, pattern: "\\S" },
      max_tokens: integer("Tokens of the answer at most.", { minimum: 1 }),
      messages: list(MESSAGE, "The conversation.", { minItems: 1 }),
      system: either(
        "What the model is told first.",
        { type: "string" },
        list(asked({ text: string("What is said.") }), "In blocks."),
      ),
      stream: flag("Whether the answer comes piece by piece.", { default: false }),
      temperature: number("0: always the most probable token."),
      top_p: number("The next token is of the most probable ones that together have this share."),
      top_k: integer("The next token is one of so many."),
      stop_sequences: list({ type: "string" }, "Texts at which the answer ends."),
      tools: list(
        either("A tool.", asked({ type: always("custom"), ...toolFunction("input_schema") }), {
          ...asked(
            { type: string("Tools of Anthropic's servers are left out.", { not: { const: "custom" } }) },
            ["type"],
          ),
          not: { required: ["input_schema"] },
        }),
        "What the model may call.",
      ),
      thinking: asked({ type: string("`enabled`, `adaptive` or `disabled`.") }),
      output_config: asked({
        effort: string("How much the model thinks: `low`, `medium`, `high`, `xhigh` or `max`."),
        format: either(
          "What the answer has to fit.",
          asked({ type: always("json_schema"), schema: anyObject("A JSON schema.") }, ["type"]),
          asked({ type: string("Others are text.", { not: { const: "json_schema" } }) }),
        ),
      }),
    },
    ["model", "max_tokens", "messages"],
  ),
);
