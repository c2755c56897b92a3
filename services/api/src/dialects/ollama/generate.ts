import { FlockError } from "@flock/errors";
import { type CatalogueEntry, Operation } from "@flock/proto";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import type { Gateway } from "../../gateway.js";
import { readJsonObject } from "../../http/json-body.js";
import type { InferenceRequest } from "../../inference/inference-request.js";
import type { JsonObject } from "../../json-object.js";
import { answerText, JSON_TYPE } from "./answer-text.js";
import { requireCapability } from "./capabilities.js";
import { defined, Fields, wrongType } from "./fields.js";
import { readImages } from "./images.js";
import { modelOf } from "./model-of.js";
import { OllamaTextFormat } from "./text-format.js";
import { readTextSettings, resumeModeOf, settingsFor, type TextSettings } from "./text-settings.js";

/** POST /api/generate. */
export function generate(gateway: Gateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const body = await readJsonObject(request.raw, gateway.bodyBytesMax);
    const generateRequest = readGenerate(new Fields(body));
    const { settings } = generateRequest;
    const entry = modelOf(gateway, settings.model);
    const format = new OllamaTextFormat("generate", settings.model, () => request.exchange.durationNs);
    if (generateRequest.prompt["prompt"] === undefined) {
      reply.type(JSON_TYPE);
      return format.withoutPrompt(settings.isUnload ? "unload" : "load");
    }
    return answerText(gateway, request, reply, inferenceOf(generateRequest, entry), format);
  };
}

interface GenerateRequest {
  readonly settings: TextSettings;
  /** What the model reads; without `prompt` it is a request to load or unload. */
  readonly prompt: JsonObject;
  readonly isRaw: boolean | undefined;
}

/** Checks a body as far as that can be done without knowing the model. */
export function readGenerate(request: Fields): GenerateRequest {
  const settings = readTextSettings(request);
  const isRaw = request.boolean("raw");
  const system = request.string("system");
  const template = request.string("template");
  const context = request.array("context") ?? [];
  if (!context.every((token) => Number.isInteger(token))) throw wrongType("context", "an array of integers");
  if (isRaw && (system || template || context.length > 0))
    throw new FlockError("invalid_argument", "raw mode does not support template, system, or context");
  // Tokens of one model at one worker: another could not go on from them. Left out, the conversation would be lost.
  if (context.length > 0)
    throw new FlockError(
      "invalid_argument",
      'field "context" is not supported by this server: send the conversation to /api/chat',
    );
  return {
    settings,
    isRaw,
    prompt: defined({
      prompt: request.string("prompt") || undefined,
      suffix: request.string("suffix") || undefined,
      system,
      template,
      images: readImages(request),
    }),
  };
}

/** The request for a model that can do it; throws `invalid_argument` if it cannot. */
export function inferenceOf(request: GenerateRequest, entry: CatalogueEntry): InferenceRequest {
  const { settings, prompt, isRaw } = request;
  requireCapability(entry, settings.model, "completion", "generate");
  if (prompt["suffix"] !== undefined) requireCapability(entry, settings.model, "insert");
  if (prompt["images"] !== undefined) requireCapability(entry, settings.model, "vision");
  return {
    operation: Operation.GENERATE,
    entry,
    prompt,
    prompts: 1,
    settings: { ...settingsFor(entry, settings), ...defined({ raw: isRaw }) },
    options: settings.options,
    resume: resumeModeOf(entry, settings, false),
    isStreamed: settings.isStreamed,
  };
}
