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

type Vector = readonly number[];

/** The forms in which a vector can be told. OpenAI's libraries ask for base64 unless they are told otherwise. */
export const ENCODINGS: ReadonlyMap<string, (vector: Vector) => Vector | string> = new Map([
  ["float", (vector: Vector): Vector | string => vector],
  ["base64", base64Of],
]);
const TOLD_LENGTH_MAX = 100;
const FLOAT_BYTES = 4;

/** POST /v1/embeddings. */
export function embeddings(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const encode = readEncoding(fields);
    const asked = readEmbed(fields);
    const { vectors, model, promptTokens } = await collectVectors(
      gateway.inference,
      request.requestContext,
      asked,
      goneSignalOf(reply),
    );
    reply.type(JSON_TYPE);
    return JSON.stringify({
      object: "list",
      data: vectors.map((vector, index) => ({ object: "embedding", embedding: encode(vector), index })),
      model,
      usage: { prompt_tokens: promptTokens, total_tokens: promptTokens },
    });
  };
}

/** Checks a body as far as that can be done without knowing the model. */
export function readEmbed(fields: Fields): EmbedRequest {
  return {
    operation: Operation.EMBED,
    model: fields.string("model") ?? "",
    input: readInput(fields),
    dimensions: vectorDimensions(fields.integer("dimensions")),
    options: modelOptions({}),
  };
}

/** Texts. Tokens are of one model's making, and a client cannot know which one it has before it. */
function readInput(fields: Fields): readonly string[] {
  const input = fields.raw("input");
  if (typeof input === "string") return [input];
  if (input === undefined || (Array.isArray(input) && input.length === 0))
    throw new FlockError("invalid_argument", "invalid input");
  const isStrings = Array.isArray(input) && input.every((element) => typeof element === "string");
  if (!isStrings) throw new FlockError("invalid_argument", "invalid input type");
  return input;
}

function readEncoding(fields: Fields): (vector: Vector) => Vector | string {
  const asked = fields.string("encoding_format") || "float";
  const encode = ENCODINGS.get(asked);
  if (encode !== undefined) return encode;
  throw new FlockError(
    "invalid_argument",
    `Invalid value for 'encoding_format' = ${asked.slice(0, TOLD_LENGTH_MAX)}. ` +
      "Supported values: ['float', 'base64'].",
  );
}

/** 32-bit floats, the lowest byte first, whatever machine this is. */
function base64Of(vector: Vector): string {
  const bytes = Buffer.alloc(vector.length * FLOAT_BYTES);
  for (const [index, element] of vector.entries()) bytes.writeFloatLE(element, index * FLOAT_BYTES);
  return bytes.toString("base64");
}
