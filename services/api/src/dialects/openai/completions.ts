import { Readable } from "node:stream";
import { Operation } from "@flock/proto/jobs";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import type { CompletionRequest } from "../../inference/inference-request.js";
import { Fields } from "../../json-fields.js";
import { answerText, JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { CompletionFormat } from "./completion-format.js";
import { includesUsage, readTextFields } from "./text-fields.js";
import type { TextResult } from "./usage.js";

/** Of a request without a prompt: nothing is generated, and nothing charged. */
const OF_NOTHING: TextResult = { doneReason: "stop", promptTokens: 0, completionTokens: 0 };

/** POST /v1/completions. */
export function completions(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const fields = new Fields(await readJsonObject(request, gateway));
    const asked = readCompletion(fields);
    const usage = includesUsage(fields);
    const formatOf = (model: string) => new CompletionFormat(request.id, model, usage);
    if (asked.prompt !== "") return answerText(gateway, request, reply, asked, formatOf);
    const format = formatOf(asked.model);
    gateway.inference.model(request.requestContext, asked.model);
    if (asked.isStreamed) return reply.headers(format.headers).send(Readable.from([format.end(OF_NOTHING)]));
    reply.type(JSON_TYPE);
    return format.whole({ text: "", result: OF_NOTHING });
  };
}

/** Checks a body as far as that can be done without knowing the model. The prompt may still be empty. */
export function readCompletion(fields: Fields): CompletionRequest {
  return {
    operation: Operation.GENERATE,
    ...readTextFields(fields),
    prompt: fields.string("prompt") ?? "",
    suffix: fields.string("suffix") || undefined,
  };
}
