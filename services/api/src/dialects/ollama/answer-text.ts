import type { FastifyReply, FastifyRequest } from "fastify";
import { collectAnswer } from "../../answers/collected-answer.js";
import { streamAnswer } from "../../answers/streamed-answer.js";
import type { Gateway } from "../../gateway.js";
import type { InferenceRequest } from "../../inference/inference-request.js";
import type { OllamaTextFormat } from "./text-format.js";

export const JSON_TYPE = "application/json; charset=utf-8";

/** Has the request run and answers it as a stream or as one object, whichever was asked for. */
export async function answerText(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  inferenceRequest: InferenceRequest,
  format: OllamaTextFormat,
): Promise<FastifyReply | string> {
  if (inferenceRequest.isStreamed) return streamAnswer(gateway, request, reply, inferenceRequest, format);
  const answer = await collectAnswer(gateway, request, reply, inferenceRequest);
  request.exchange.firstByteMs = performance.now();
  reply.type(JSON_TYPE);
  return format.whole(answer);
}
