import { type CatalogueEntry, Operation } from "@flock/proto";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import type { Gateway } from "../../gateway.js";
import { readJsonObject } from "../../http/json-body.js";
import type { InferenceRequest } from "../../inference/inference-request.js";
import type { JsonObject } from "../../json-object.js";
import { answerText, JSON_TYPE } from "./answer-text.js";
import { requireCapability } from "./capabilities.js";
import { defined, Fields } from "./fields.js";
import { readMessages } from "./messages.js";
import { OllamaTextFormat } from "./text-format.js";
import { readTextSettings, resumeModeOf, settingsFor, type TextSettings } from "./text-settings.js";
import { readTools } from "./tools.js";

/** POST /api/chat. */
export function chat(gateway: Gateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const body = await readJsonObject(request.raw, gateway.bodyBytesMax);
    const chatRequest = readChat(new Fields(body));
    const { settings } = chatRequest;
    const entry = gateway.inference.model(settings.model);
    const format = new OllamaTextFormat("chat", settings.model, () => request.exchange.durationNs);
    if (chatRequest.messages.length === 0) {
      reply.type(JSON_TYPE);
      return format.withoutPrompt(settings.isUnload ? "unload" : "load");
    }
    return answerText(gateway, request, reply, inferenceOf(chatRequest, entry), format);
  };
}

interface ChatRequest {
  readonly settings: TextSettings;
  /** None: a request to load or unload. */
  readonly messages: readonly JsonObject[];
  readonly tools: readonly JsonObject[] | undefined;
}

/** Checks a body as far as that can be done without knowing the model. */
export function readChat(request: Fields): ChatRequest {
  return {
    settings: readTextSettings(request),
    messages: readMessages(request),
    tools: readTools(request),
  };
}

/** The request for a model that can do it; throws `invalid_argument` if it cannot. */
export function inferenceOf(request: ChatRequest, entry: CatalogueEntry): InferenceRequest {
  const { settings, messages, tools } = request;
  requireCapability(entry, settings.model, "completion", "chat");
  if (tools !== undefined) requireCapability(entry, settings.model, "tools");
  if (messages.some((message) => message["images"] !== undefined))
    requireCapability(entry, settings.model, "vision");
  return {
    operation: Operation.CHAT,
    entry,
    prompt: defined({ messages, tools }),
    prompts: 1,
    settings: settingsFor(entry, settings),
    options: settings.options,
    resume: resumeModeOf(entry, settings, tools !== undefined),
    isStreamed: settings.isStreamed,
  };
}
