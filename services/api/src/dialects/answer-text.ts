import type { FastifyReply, FastifyRequest } from "fastify";
import { type CollectedAnswer, collectAnswer } from "../answers/collected-answer.js";
import { goneSignalOf } from "../http/gone-signal.js";
import { type HttpStreamFormat, streamReply } from "../http/stream-reply.js";
import type { ChatRequest, CompletionRequest } from "../inference/inference-request.js";
import type { InferenceGateway } from "./inference-gateway.js";

export const JSON_TYPE = "application/json; charset=utf-8";

/** How a dialect writes an answer of text, as a stream or as one object. */
export interface TextFormat extends HttpStreamFormat {
  /** The JSON of an answer that is not streamed. */
  whole(answer: CollectedAnswer): string;
}

/** Has the request run and answers it as a stream or as one object, whichever was asked for. */
export async function answerText(
  gateway: InferenceGateway,
  request: FastifyRequest,
  reply: FastifyReply,
  inferenceRequest: ChatRequest | CompletionRequest,
  format: TextFormat,
): Promise<FastifyReply | string> {
  if (inferenceRequest.isStreamed) return streamReply(gateway, request, reply, inferenceRequest, format);
  const gone = goneSignalOf(reply);
  const answer = await collectAnswer(gateway.inference, request.requestContext, inferenceRequest, gone);
  reply.type(JSON_TYPE);
  return format.whole(answer);
}
