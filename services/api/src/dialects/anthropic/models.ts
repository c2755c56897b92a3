import type { CatalogueEntry } from "@flock/proto/catalogue";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { Fields } from "../../json-fields.js";
import { isJsonObject } from "../../json-object.js";
import { JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { priceMember } from "../price-member.js";

/** GET /v1/models: the models that can be used now, on one page. */
export function listModels(gateway: InferenceGateway): RouteHandlerMethod {
  return async ({ requestContext }: FastifyRequest, reply: FastifyReply) => {
    const data = gateway.inference.available(requestContext).map(({ entry }) => modelInfo(entry, entry.name));
    reply.type(JSON_TYPE);
    return JSON.stringify({
      data,
      has_more: false,
      first_id: data.at(0)?.id ?? null,
      last_id: data.at(-1)?.id ?? null,
    });
  };
}

/** GET /v1/models/{id}: one model, whether it can be used now or not. Names have slashes, so it is all the rest. */
export function showModel(gateway: InferenceGateway): RouteHandlerMethod {
  return async ({ params, requestContext }: FastifyRequest, reply: FastifyReply) => {
    const id = new Fields(isJsonObject(params) ? params : {}).string("*") ?? "";
    reply.type(JSON_TYPE);
    return JSON.stringify(modelInfo(gateway.inference.model(requestContext, id), id));
  };
}

function modelInfo(entry: CatalogueEntry, id: string) {
  return {
    type: "model",
    id,
    display_name: entry.name,
    created_at: new Date(entry.modifiedUnixMs).toISOString(),
    flock: priceMember(entry),
  };
}
