import { Operation } from "@flock/proto/jobs";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import type { ChatRequest } from "../../inference/inference-request.js";
import { Fields } from "../../json-fields.js";
import { answerText, JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { readOfferedTools } from "../offered-tools.js";
import { isKeepAliveZero } from "./keep-alive.js";
import { readMessages } from "./messages.js";
import { readTextFields } from "./text-fields.js";
import { OllamaTextFormat } from "./text-format.js";

/** POST /api/chat. */
export function chat(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const { asked, isUnload } = readChat(fields);
    const formatOf = (model: string) =>
      new OllamaTextFormat("chat", model, () => request.requestContext.durationNs);
    if (asked.messages.length > 0) return answerText(gateway, request, reply, asked, formatOf);
    gateway.inference.model(request.requestContext, asked.model);
    reply.type(JSON_TYPE);
    return formatOf(asked.model).withoutPrompt(isUnload ? "unload" : "load");
  };
}

/**
 * Checks a body as far as that can be done without knowing the model. Without messages it is a request to load or
 * unload.
 */
export function readChat(fields: Fields): { asked: ChatRequest; isUnload: boolean } {
  const text = readTextFields(fields);
  const isUnload = isKeepAliveZero(fields);
  return {
    asked: {
      operation: Operation.CHAT,
      ...text,
      messages: readMessages(fields),
      tools: readOfferedTools(fields),
    },
    isUnload,
  };
}
