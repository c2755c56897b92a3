import type { CatalogueEntry } from "@flock/proto/catalogue";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { priceMember } from "../price-member.js";

/** Whose a model is whose name does not say it. */
const OWNER_DEFAULT = "library";

/** GET /v1/models: the models that can be used now. */
export function models(gateway: InferenceGateway): RouteHandlerMethod {
  return async ({ requestContext }: FastifyRequest, reply: FastifyReply) => {
    reply.type(JSON_TYPE);
    return JSON.stringify({
      object: "list",
      data: gateway.inference.available(requestContext).map(({ entry }) => modelObject(entry.name, entry)),
    });
  };
}

/** GET /v1/models/{id}: one model, whether it can be used now or not. Its name may have slashes, as the path has. */
export function model(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    // CAST: fastify does not know the path; what its star stands for is a string.
    const { "*": name } = request.params as { readonly "*": string };
    const entry = gateway.inference.model(request.requestContext, name);
    reply.type(JSON_TYPE);
    return JSON.stringify(modelObject(name, entry));
  };
}

/** `id` is as it was asked for. */
function modelObject(id: string, entry: CatalogueEntry) {
  return {
    id,
    object: "model",
    created: Math.floor(entry.modifiedUnixMs / 1_000),
    owned_by: ownerOf(entry.name),
    flock: priceMember(entry),
  };
}

/** What stands before a model's own name in its canonical one. */
function ownerOf(name: string): string {
  return name.split("/").at(-2) ?? OWNER_DEFAULT;
}
