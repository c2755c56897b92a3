import { Operation } from "@flock/proto/jobs";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import type { ChatRequest } from "../../inference/inference-request.js";
import { topLogprobs } from "../../inference/text-bounds.js";
import { Fields } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";
import { answerText } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { readOfferedTools } from "../offered-tools.js";
import { ChatFormat } from "./chat-format.js";
import { readMessages } from "./messages.js";
import { thinkingOf } from "./reasoning-effort.js";
import { includesUsage, readTextFields } from "./text-fields.js";

/** POST /v1/chat/completions. */
export function chatCompletions(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const asked = readChat(fields);
    const usage = includesUsage(fields);
    return answerText(gateway, request, reply, asked, (model) => new ChatFormat(request.id, model, usage));
  };
}

/** Checks a body as far as that can be done without knowing the model. */
export function readChat(fields: Fields): ChatRequest {
  const top = fields.number("top_logprobs");
  const tools = readOfferedTools(fields);
  const effort = fields.string("reasoning_effort");
  return {
    operation: Operation.CHAT,
    ...readTextFields(fields),
    messages: readMessages(fields),
    // Which of them it calls is the model's to decide: it can only be kept from knowing any.
    tools: fields.raw("tool_choice") === "none" ? undefined : tools,
    format: readResponseFormat(fields),
    thinking: thinkingOf(fields.child("reasoning").string("effort") ?? effort),
    logprobs: fields.boolean("logprobs"),
    topLogprobs: top === undefined ? undefined : topLogprobs(top),
  };
}

/** Other types than these, and a schema that is not there, are text, as with Ollama. */
function readResponseFormat(fields: Fields): "json" | JsonObject | undefined {
  const format = fields.child("response_format");
  const schema = format.child("json_schema").object("schema");
  switch (format.string("type")) {
    case "json_object":
      return "json";
    case "json_schema":
      return schema;
    default:
      return undefined;
  }
}
