import { FlockError } from "@flock/errors";
import { Operation } from "@flock/proto/jobs";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { collectVectors } from "../../answers/collected-vectors.js";
import { goneSignalOf } from "../../http/gone-signal.js";
import { readJsonObject } from "../../http/json-body.js";
import type { EmbedRequest } from "../../inference/inference-request.js";
import { modelOptions } from "../../inference/model-options.js";
import { vectorDimensions } from "../../inference/vectors.js";
import { Fields } from "../../json-fields.js";
import { JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { isKeepAliveZero } from "./keep-alive.js";
import { requireName } from "./require-name.js";

/** POST /api/embed. */
export function embed(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = readEmbed(new Fields(await readJsonObject(request, gateway)));
    requireName(asked.model);
    const { vectors, model, promptTokens, loadDurationNs } = await collectVectors(
      gateway.inference,
      request.requestContext,
      asked,
      goneSignalOf(reply),
    );
    reply.type(JSON_TYPE);
    return JSON.stringify({
      model,
      embeddings: vectors,
      total_duration: request.requestContext.durationNs,
      load_duration: loadDurationNs,
      prompt_eval_count: promptTokens,
    });
  };
}

/** POST /api/embeddings, the older form: one prompt, one vector. */
export function embeddings(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const prompt = fields.string("prompt") ?? "";
    const asked = { ...readCommon(fields), input: prompt === "" ? [] : [prompt] };
    const { vectors } = await collectVectors(
      gateway.inference,
      request.requestContext,
      asked,
      goneSignalOf(reply),
    );
    reply.type(JSON_TYPE);
    return JSON.stringify({ embedding: vectors[0] ?? [] });
  };
}

/** Checks a body as far as that can be done without knowing the model. Without input there is nothing to ask it. */
export function readEmbed(fields: Fields): EmbedRequest {
  return {
    ...readCommon(fields),
    input: readInput(fields),
    truncate: fields.boolean("truncate"),
    dimensions: vectorDimensions(fields.integer("dimensions")),
  };
}

function readCommon(fields: Fields): Pick<EmbedRequest, "operation" | "model" | "options"> {
  isKeepAliveZero(fields);
  return {
    operation: Operation.EMBED,
    model: fields.string("model") ?? "",
    options: modelOptions(fields.object("options") ?? {}),
  };
}

function readInput(fields: Fields): readonly string[] {
  const input = fields.raw("input");
  if (input === undefined || input === "") return [];
  if (typeof input === "string") return [input];
  const isStrings = Array.isArray(input) && input.every((element) => typeof element === "string");
  if (!isStrings) throw new FlockError("invalid_argument", "invalid input type");
  return input;
}
