import { FlockError } from "@flock/errors";
import { Operation } from "@flock/proto/jobs";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import type { CompletionRequest } from "../../inference/inference-request.js";
import { Fields, wrongType } from "../../json-fields.js";
import { answerText, JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { isKeepAliveZero } from "./keep-alive.js";
import { readImages } from "./messages.js";
import { requireName } from "./require-name.js";
import { readTextFields } from "./text-fields.js";
import { OllamaTextFormat } from "./text-format.js";

/** POST /api/generate. */
export function generate(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const { asked, isUnload } = readGenerate(fields);
    const formatOf = (model: string) =>
      new OllamaTextFormat("generate", model, () => request.requestContext.durationNs);
    requireName(asked.model);
    if (asked.prompt !== "") return answerText(gateway, request, reply, asked, formatOf);
    gateway.inference.model(request.requestContext, asked.model);
    reply.type(JSON_TYPE);
    return formatOf(asked.model).withoutPrompt(isUnload ? "unload" : "load");
  };
}

/**
 * Checks a body as far as that can be done without knowing the model. Without a prompt it is a request to load or
 * unload.
 */
export function readGenerate(fields: Fields): { asked: CompletionRequest; isUnload: boolean } {
  const text = readTextFields(fields);
  const isUnload = isKeepAliveZero(fields);
  const raw = fields.boolean("raw");
  const system = fields.string("system");
  const template = fields.string("template");
  const context = fields.array("context") ?? [];
  if (!context.every((token) => Number.isInteger(token))) throw wrongType("context", "an array of integers");
  if (raw && (system || template || context.length > 0))
    throw new FlockError("invalid_argument", "raw mode does not support template, system, or context");
  // Tokens of one model at one worker: another could not go on from them. Left out, the conversation would be lost.
  if (context.length > 0)
    throw new FlockError(
      "invalid_argument",
      'field "context" is not supported by this server: send the conversation to /api/chat',
    );
  return {
    asked: {
      operation: Operation.GENERATE,
      ...text,
      prompt: fields.string("prompt") ?? "",
      suffix: fields.string("suffix") || undefined,
      system,
      template,
      images: readImages(fields),
      raw,
    },
    isUnload,
  };
}
