import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import { Fields } from "../../json-fields.js";
import { answerText, JSON_TYPE } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { ResponseFormat } from "./response-format.js";
import type { Ending } from "./response-object.js";
import { readResponsesRequest } from "./responses-request.js";

const NOTHING = { text: "", thinking: "", logprobs: [], toolCalls: [] };
const NO_JOB: Ending = {
  doneReason: "stop",
  promptTokens: 0,
  completionTokens: 0,
  completionTokensBound: "exact",
};

/** POST /v1/responses. Nothing is kept of a response: there is no way to ask for it again, or to go on from it. */
export function responses(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const body = await readJsonObject(request, gateway);
    const { asked, settings } = readResponsesRequest(new Fields(body));
    const createdUnixS = Math.floor(Date.now() / 1_000);
    const formatOf = (model: string) =>
      new ResponseFormat({ requestId: request.id, createdUnixS, model, settings });
    if (asked.messages.length > 0) return answerText(gateway, request, reply, asked, formatOf);
    const format = formatOf(asked.model);
    // As with Ollama: without input the model is only looked for.
    gateway.inference.model(request.requestContext, asked.model);
    if (asked.isStreamed) {
      reply.headers(format.headers);
      return format.end(NO_JOB);
    }
    reply.type(JSON_TYPE);
    return format.whole({ ...NOTHING, result: NO_JOB });
  };
}
