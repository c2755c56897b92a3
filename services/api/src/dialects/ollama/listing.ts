import type { ModelAvailability } from "@flock/mesh";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import { briefModelInfo, modelCard } from "../../inference/model-card.js";
import { Fields } from "../../json-fields.js";
import { JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { priceMember } from "../price-member.js";

/**
 * How long a loaded model is said to stay: Ollama's default. Workers decide, and nobody is told which one does what.
 */
const KEEP_ALIVE_MS = 5 * 60_000;

/** GET /api/tags: the models that can be used now. */
export function tags(gateway: InferenceGateway): RouteHandlerMethod {
  return async ({ requestContext }: FastifyRequest, reply: FastifyReply) => {
    reply.type(JSON_TYPE);
    return JSON.stringify({
      models: gateway.inference.available(requestContext).map(({ entry }) => ({
        ...identityOf(entry),
        modified_at: new Date(entry.modifiedUnixMs).toISOString(),
        capabilities: entry.capabilities,
      })),
    });
  };
}

/** GET /api/ps: the models that some worker has in memory. */
export function ps(gateway: InferenceGateway): RouteHandlerMethod {
  return async ({ requestContext }: FastifyRequest, reply: FastifyReply) => {
    reply.type(JSON_TYPE);
    const expiresAt = new Date(Date.now() + KEEP_ALIVE_MS).toISOString();
    return JSON.stringify({
      models: gateway.inference
        .available(requestContext)
        .filter(({ loaded }) => loaded > 0)
        .map(({ entry }) => ({
          ...identityOf(entry),
          expires_at: expiresAt,
          size_vram: entry.sizeBytes,
          context_length: entry.contextLength,
        })),
    });
  };
}

/** POST /api/show: one model, whether it can be used now or not. */
export function show(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const olderName = fields.string("name");
    const name = fields.string("model") || olderName || "";
    const isVerbose = fields.boolean("verbose") ?? false;
    const entry = gateway.inference.model(request.requestContext, name);
    const { details, modelInfo, texts } = modelCard(entry);
    reply.type(JSON_TYPE);
    return JSON.stringify({
      ...texts,
      modelfile: `FROM ${entry.name}\n`,
      details,
      model_info: isVerbose ? modelInfo : briefModelInfo(modelInfo),
      capabilities: entry.capabilities,
      modified_at: new Date(entry.modifiedUnixMs).toISOString(),
      flock: priceMember(entry),
    });
  };
}

function identityOf(entry: ModelAvailability["entry"]) {
  return {
    name: entry.name,
    model: entry.name,
    size: entry.sizeBytes,
    digest: entry.digest,
    details: modelCard(entry).details,
  };
}
