import {
  always,
  either,
  integer,
  type JsonSchema,
  list,
  named,
  number,
  oneOf,
  orNull,
  type Properties,
  string,
  told,
} from "../../http/openapi/json-schema.js";
import { STORY } from "../../stories/described-story.js";
import { ARGUMENTS_TEXT } from "../described-parts.js";
import { PRICES } from "../price-member.js";

/* Bodies of answers, as `/openapi.json` describes them. A test compares them with real answers. */

const WRONG: Properties = {
  error: told({
    message: string("What is wrong."),
    type: string("Its kind: `invalid_request_error`, `rate_limit_error`, `api_error`, …"),
    param: { type: "null" },
    code: orNull(string("`invalid_api_key`, `model_not_found`, `overloaded`, …")),
  }),
};
export const ERROR = named("OpenAiError", told(WRONG));
/** The last event of a stream that failed in the middle. */
const STREAM_ERROR = named("OpenAiStreamError", told({ ...WRONG, flock: STORY }, ["flock"]));

const COUNT = { type: "integer", minimum: 0 } as const;

const USAGE = named(
  "OpenAiUsage",
  told({ prompt_tokens: COUNT, completion_tokens: COUNT, total_tokens: COUNT }),
);

const TOKEN: Properties = {
  token: string("Its text."),
  logprob: number("Natural logarithm of its probability."),
  bytes: orNull(list({ type: "integer", minimum: 0, maximum: 255 }, "In UTF-8.")),
};
const LOGPROBS = told({
  content: list(
    told({ ...TOKEN, top_logprobs: list(told(TOKEN), "Alternatives.") }),
    "How probable each token was.",
  ),
});

const TOOL_CALLS = list(
  told({
    id: string("Of the call."),
    index: integer("Its place among the calls."),
    type: always("function"),
    function: told({ name: string("Of the tool."), arguments: ARGUMENTS_TEXT }),
  }),
  "What the model wants called.",
);

function headOf(object: string): Properties {
  return {
    id: string("Ends with the id of the request."),
    object: always(object),
    created: integer("Seconds since 1970."),
    model: string("As it was asked for."),
    system_fingerprint: { type: "string" },
  };
}

function choicesOf(choice: JsonSchema): JsonSchema {
  return list(choice, "One; none in the chunk that has the usage.", { maxItems: 1 });
}

const INDEX = { type: "integer", const: 0 } as const;
const FINISHED = oneOf(["stop", "length", "tool_calls"], "Why it ended.");

export const CHAT_ANSWER = named(
  "OpenAiChatAnswer",
  told({
    ...headOf("chat.completion"),
    choices: choicesOf(
      told(
        {
          index: INDEX,
          message: told(
            {
              role: always("assistant"),
              content: string("What is said."),
              reasoning: string("What is thought."),
              tool_calls: TOOL_CALLS,
            },
            ["reasoning", "tool_calls"],
          ),
          finish_reason: FINISHED,
          logprobs: LOGPROBS,
        },
        ["logprobs"],
      ),
    ),
    usage: USAGE,
  }),
);

const CHAT_CHUNK = named(
  "OpenAiChatChunk",
  told(
    {
      ...headOf("chat.completion.chunk"),
      choices: choicesOf(
        told(
          {
            index: INDEX,
            delta: told(
              {
                role: always("assistant"),
                content: string("The next piece of what is said."),
                reasoning: string("The next piece of what is thought."),
                tool_calls: TOOL_CALLS,
              },
              ["role", "content", "reasoning", "tool_calls"],
            ),
            finish_reason: orNull(FINISHED),
            logprobs: LOGPROBS,
          },
          ["logprobs"],
        ),
      ),
      usage: USAGE,
      flock: STORY,
    },
    ["usage", "flock"],
  ),
);

function completionChoice(finish: JsonSchema): JsonSchema {
  return choicesOf(
    told({
      text: string("The text: the next piece of it, in a stream."),
      index: INDEX,
      finish_reason: finish,
    }),
  );
}

export const COMPLETION_ANSWER = named(
  "OpenAiCompletionAnswer",
  told({ ...headOf("text_completion"), choices: completionChoice(FINISHED), usage: USAGE }),
);

const COMPLETION_CHUNK = named(
  "OpenAiCompletionChunk",
  told(
    {
      ...headOf("text_completion"),
      choices: completionChoice(orNull(FINISHED)),
      usage: orNull(USAGE),
      flock: STORY,
    },
    ["usage", "flock"],
  ),
);

/** The end of a stream that is whole. It is no JSON, and stands for itself. */
const DONE = always("[DONE]");
const PIECE = "A piece; `[DONE]`, unquoted, at the end; or the error that ends the stream.";

export const CHAT_EVENT = either(PIECE, CHAT_CHUNK, DONE, STREAM_ERROR);
export const COMPLETION_EVENT = either(PIECE, COMPLETION_CHUNK, DONE, STREAM_ERROR);

export const EMBEDDINGS_ANSWER = named(
  "OpenAiEmbeddingsAnswer",
  told({
    object: always("list"),
    data: list(
      told({
        object: always("embedding"),
        embedding: either(
          "A vector.",
          list({ type: "number" }, "As numbers."),
          string("As base64 of 32-bit floats, the lowest byte first.", { contentEncoding: "base64" }),
        ),
        index: integer("Of the input."),
      }),
      "A vector for each input.",
    ),
    model: string("As it was asked for."),
    usage: told({ prompt_tokens: COUNT, total_tokens: COUNT }),
  }),
);

export const MODEL_ANSWER = named(
  "OpenAiModel",
  told({
    id: { type: "string" },
    object: always("model"),
    created: integer("Seconds since 1970."),
    owned_by: { type: "string" },
    flock: PRICES,
  }),
);

export const MODELS_ANSWER = named(
  "OpenAiModels",
  told({ object: always("list"), data: list(MODEL_ANSWER, "The models.") }),
);
