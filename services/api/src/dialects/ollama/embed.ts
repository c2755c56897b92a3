import { FlockError } from "@flock/errors";
import { type CatalogueEntry, Operation } from "@flock/proto";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { vectorsOf } from "../../answers/answer-piece.js";
import { collectAnswer } from "../../answers/collected-answer.js";
import type { Gateway } from "../../gateway.js";
import { readJsonObject } from "../../http/json-body.js";
import type { InferenceRequest, ModelOptions } from "../../inference/inference-request.js";
import { JSON_TYPE } from "./answer-text.js";
import { requireCapability } from "./capabilities.js";
import { defined, Fields } from "./fields.js";
import { isKeepAliveZero } from "./keep-alive.js";
import { modelOf } from "./model-of.js";
import { readOptions } from "./options.js";

/** More than any vector has; what is more is as good. */
const DIMENSIONS_MAX = 2 ** 31 - 1;

interface EmbedRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly truncate: boolean | undefined;
  readonly dimensions: number | undefined;
  readonly options: ModelOptions;
}

/** POST /api/embed. */
export function embed(gateway: Gateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const body = await readJsonObject(request.raw, gateway.bodyBytesMax);
    const embedRequest = readEmbed(new Fields(body));
    const entry = modelOf(gateway, embedRequest.model);
    const { vectors, promptTokens, loadDurationNs } = await vectorsFor(
      gateway,
      request,
      reply,
      embedRequest,
      entry,
    );
    reply.type(JSON_TYPE);
    return JSON.stringify({
      model: embedRequest.model,
      embeddings: vectors,
      total_duration: request.exchange.durationNs,
      load_duration: loadDurationNs,
      prompt_eval_count: promptTokens,
    });
  };
}

/** POST /api/embeddings, the older form: one prompt, one vector. */
export function embeddings(gateway: Gateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request.raw, gateway.bodyBytesMax));
    const prompt = fields.string("prompt") ?? "";
    const embedRequest = {
      ...readCommon(fields),
      input: prompt === "" ? [] : [prompt],
      truncate: undefined,
      dimensions: undefined,
    };
    const entry = gateway.inference.model(embedRequest.model);
    const { vectors } = await vectorsFor(gateway, request, reply, embedRequest, entry);
    reply.type(JSON_TYPE);
    return JSON.stringify({ embedding: vectors[0] ?? [] });
  };
}

/** Checks a body as far as that can be done without knowing the model. */
export function readEmbed(fields: Fields): EmbedRequest {
  const dimensions = fields.integer("dimensions") ?? 0;
  return {
    ...readCommon(fields),
    input: readInput(fields),
    truncate: fields.boolean("truncate"),
    // Ollama takes none and less for all of them.
    dimensions: dimensions > 0 ? Math.min(dimensions, DIMENSIONS_MAX) : undefined,
  };
}

function readCommon(fields: Fields): { model: string; options: ModelOptions } {
  isKeepAliveZero(fields);
  return { model: fields.string("model") ?? "", options: readOptions(fields) };
}

function readInput(fields: Fields): readonly string[] {
  const input = fields.raw("input");
  if (input === undefined || input === "") return [];
  if (typeof input === "string") return [input];
  const isStrings = Array.isArray(input) && input.every((element) => typeof element === "string");
  if (!isStrings) throw new FlockError("invalid_argument", "invalid input type");
  return input;
}

async function vectorsFor(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  embedRequest: EmbedRequest,
  entry: CatalogueEntry,
): Promise<{ vectors: readonly (readonly number[])[]; promptTokens: number; loadDurationNs: number }> {
  if (embedRequest.input.length === 0) return { vectors: [], promptTokens: 0, loadDurationNs: 0 };
  const { result } = await collectAnswer(gateway, request, reply, inferenceOf(embedRequest, entry));
  request.exchange.firstByteMs = performance.now();
  const vectors = vectorsOf(result.embeddingsJson, embedRequest.input.length);
  return { vectors, promptTokens: result.promptTokens, loadDurationNs: result.loadDurationNs };
}

/** The request for a model that can do it; throws `invalid_argument` if it cannot, or nobody could. */
export function inferenceOf(embedRequest: EmbedRequest, entry: CatalogueEntry): InferenceRequest {
  const { model, input, truncate, dimensions, options } = embedRequest;
  requireCapability(entry, model, "embedding", "embeddings");
  // Alone it is no input at all, in a list it is one that no model has a vector for.
  if (input.includes(""))
    throw new FlockError(
      "invalid_argument",
      "input exceeds maximum context length and cannot be truncated further",
    );
  return {
    operation: Operation.EMBED,
    entry,
    prompt: { input },
    prompts: input.length,
    settings: defined({ truncate, dimensions }),
    options,
    resume: "replay",
    isStreamed: false,
  };
}
