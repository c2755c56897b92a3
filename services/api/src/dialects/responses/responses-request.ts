import { FlockError } from "@flock/errors";
import { Operation } from "@flock/proto/jobs";
import type { ChatRequest, TextRequest } from "../../inference/inference-request.js";
import { samplingOptions } from "../../inference/model-options.js";
import { type Fields, wrongType } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";
import { thinkingOf } from "../openai/reasoning-effort.js";
import { readConversation } from "./input-items.js";
import { readTools } from "./tools.js";

/** OpenAI's default, which is not that of the models. */
const TEMPERATURE = 1;
/** Told where none was asked for; the model's own counts then. */
const TOP_P = 1;
/** What would need a server that keeps conversations. */
const STATEFUL = ["previous_response_id", "conversation"] as const;
/** Of what a client sent, so much is told back to it, three times in a stream; see {@link told}. */
const TOLD_LENGTH_MAX = 64 * 1_024;

/** A request, and the settings that its answer tells back. */
export interface ResponsesRequest {
  /** Without messages there is nothing to ask the model. */
  readonly asked: ChatRequest;
  readonly settings: JsonObject;
}

/**
 * Checks the body of `POST /v1/responses` as far as that can be done without knowing the model. What is not named here
 * (`store`, `include`, `metadata`, `parallel_tool_calls`, …) is ignored, as Ollama does.
 */
export function readResponsesRequest(fields: Fields): ResponsesRequest {
  for (const field of STATEFUL) refuseStateful(fields, field);
  const { tools, told: toldTools } = readTools(fields);
  const mayCall = fields.raw("tool_choice") !== "none";
  const temperature = fields.number("temperature") ?? TEMPERATURE;
  const topP = fields.number("top_p");
  const tokensMax = fields.integer("max_output_tokens");
  const reasoning = fields.child("reasoning");
  const isTruncated = fields.string("truncation") === "auto";
  const format = readFormat(fields.child("text"));
  return {
    asked: {
      operation: Operation.CHAT,
      model: fields.string("model") ?? "",
      messages: readConversation(fields),
      tools: mayCall ? tools : undefined,
      options: samplingOptions({ num_predict: tokensMax, temperature, top_p: topP }),
      isStreamed: fields.boolean("stream") ?? false,
      format: format.format,
      thinking: thinkingOf(reasoning.string("effort")),
      truncate: isTruncated ? true : undefined,
    },
    settings: {
      instructions: told(fields.string("instructions"), null),
      tools: told(toldTools, []),
      tool_choice: mayCall ? "auto" : "none",
      text: { format: told(format.told, { type: "text" }) },
      reasoning: readReasoning(reasoning),
      temperature,
      top_p: topP ?? TOP_P,
      max_output_tokens: tokensMax ?? null,
      truncation: isTruncated ? "auto" : "disabled",
    },
  };
}

function refuseStateful(fields: Fields, field: string): void {
  const value = fields.raw(field);
  if (value === undefined || value === "") return;
  throw new FlockError(
    "invalid_argument",
    `field "${field}" is not supported by this server, which keeps no conversations: send all of it as input`,
  );
}

interface ReadFormat {
  readonly format: TextRequest["format"];
  readonly told: JsonObject | undefined;
}

/** Types that we do not know are ignored, as Ollama does. */
function readFormat(text: Fields): ReadFormat {
  const format = text.child("format");
  switch (format.string("type")) {
    case "json_object":
      return { format: "json", told: { type: "json_object" } };
    case "json_schema": {
      const schema = format.object("schema");
      if (schema === undefined) throw wrongType(format.nameOf("schema"), "a JSON schema");
      return { format: schema, told: text.object("format") };
    }
    default:
      return { format: undefined, told: undefined };
  }
}

function readReasoning(reasoning: Fields): JsonObject | null {
  const effort = reasoning.string("effort") ?? null;
  const summary = told(reasoning.string("summary"), null);
  return effort === null && summary === null ? null : { effort, summary };
}

/** What is told back, or what stands for it if it is absent or too long: clients know what they have sent. */
function told<T, Instead>(value: T | undefined, instead: Instead): T | Instead {
  return value === undefined || JSON.stringify(value).length > TOLD_LENGTH_MAX ? instead : value;
}
