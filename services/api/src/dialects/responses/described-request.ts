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
  oneOf,
  string,
} from "../../http/openapi/json-schema.js";
import { ARGUMENTS_TEXT, DATA_URL_IMAGE, MODEL, ROLE, toolFunction } from "../described-parts.js";
import { EFFORTS } from "../openai/reasoning-effort.js";

/* The body of a request, as `/openapi.json` describes it. A test reads it with the code and compares. */

const SAID = string("What is said.");

function contentOf(description: string): JsonSchema {
  return either(
    description,
    { type: "string" },
    list(
      {
        anyOf: [
          asked({ type: oneOf(["input_text", "output_text"], "Whose it is."), text: SAID }, ["type"]),
          asked({ type: always("refusal"), refusal: SAID }, ["type"]),
          asked({ type: always("input_image"), image_url: DATA_URL_IMAGE }, ["type", "image_url"]),
        ],
      },
      "In parts.",
    ),
  );
}

const THOUGHTS = list(asked({ text: string("What was thought.") }), "What was thought.");

const ITEM = named(
  "OpenAiInputItem",
  either(
    "An item of the conversation.",
    asked({ type: always("message"), role: ROLE, content: contentOf("What is said.") }, ["role"]),
    asked({ type: always("reasoning"), summary: THOUGHTS, content: THOUGHTS }, ["type"]),
    asked(
      {
        type: always("function_call"),
        call_id: string("Of the call."),
        name: string("Of the tool."),
        arguments: ARGUMENTS_TEXT,
      },
      ["type"],
    ),
    asked(
      {
        type: always("function_call_output"),
        call_id: string("Of the call."),
        output: contentOf("What the tool answered."),
      },
      ["type"],
    ),
  ),
);

const TOOL = either(
  "A tool.",
  asked({ type: always("function"), ...toolFunction(), strict: flag("Told back; no effect.") }, ["type"]),
  asked({ type: string("Tools of OpenAI's servers are left out.", { not: { const: "function" } }) }, [
    "type",
  ]),
);

const NOT_KEPT = { maxLength: 0 };

export const RESPONSES_BODY = named(
  "OpenAiResponsesRequest",
  asked(
    {
      model: MODEL,
      input: either("The conversation.", { type: "string" }, list(ITEM, "In items.")),
      instructions: string("What the model is told first."),
      stream: flag("Whether the answer comes piece by piece.", { default: false }),
      max_output_tokens: integer("Tokens of the answer at most; 0 and less: as many as there may be."),
      temperature: number("0: always the most probable token.", { default: 1 }),
      top_p: number("The next token is of the most probable ones that together have this share."),
      tools: list(TOOL, "What the model may call."),
      tool_choice: { description: "`none` leaves the tools out; anything else has no effect." },
      text: asked({
        format: either(
          "What the answer has to fit.",
          asked({ type: always("json_schema"), schema: anyObject("A JSON schema.") }, ["type", "schema"]),
          asked({ type: oneOf(["json_object", "text"], "Any JSON, or anything.") }),
        ),
      }),
      reasoning: asked({
        effort: oneOf([...EFFORTS.keys(), ""], "How much the model thinks; empty: as it is used to."),
        summary: string("Told back; no effect."),
      }),
      truncation: string("`auto`: cut a prompt that is longer than the context, and do not refuse it."),
      previous_response_id: string("Not supported: nothing is kept.", NOT_KEPT),
      conversation: string("Not supported: nothing is kept.", NOT_KEPT),
    },
    ["model"],
  ),
);
