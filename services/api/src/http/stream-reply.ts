import type { FastifyReply, FastifyRequest } from "fastify";
import type { AnswerClient, ClientLimits } from "../answers/answer-sink.js";
import { type StreamFormat, type Streaming, streamAnswer } from "../answers/streamed-answer.js";
import type { InferenceRequest } from "../inference/inference-request.js";
import type { ApiMetrics } from "../metrics.js";
import { cutOff } from "./client-limits.js";
import { goneSignalOf } from "./gone-signal.js";
import { ResponseStream } from "./response-stream.js";
import { storyHeaders } from "./story-headers.js";

/** A format whose frames are written into the body of a response as they are. */
export interface HttpStreamFormat extends StreamFormat<string> {
  readonly headers: Readonly<Record<string, string>>;
}

/** What streams answers over HTTP. */
export interface HttpStreaming extends Streaming {
  readonly limits: ClientLimits;
  readonly metrics: ApiMetrics;
}

/**
 * Has the request run and streams its answer as a response. An error before the first piece rejects, and is answered
 * with its own status.
 */
export async function streamReply(
  streaming: HttpStreaming,
  request: FastifyRequest,
  reply: FastifyReply,
  inferenceRequest: InferenceRequest,
  format: HttpStreamFormat,
): Promise<FastifyReply> {
  const { requestContext } = request;
  const client: AnswerClient<string> = {
    gone: goneSignalOf(reply),
    open: () => openStream(streaming, request, reply, format),
  };
  await streamAnswer(streaming, requestContext, inferenceRequest, format, client);
  // The response is the stream's, or nobody's.
  return reply.hijack();
}

function openStream(
  { limits, metrics }: HttpStreaming,
  request: FastifyRequest,
  reply: FastifyReply,
  format: HttpStreamFormat,
): ResponseStream {
  reply.hijack();
  const { story } = request.requestContext;
  if (story !== undefined) reply.headers(storyHeaders(story.told()));
  return new ResponseStream(
    reply.raw,
    // CAST: fastify types a header's value wider than Node does; ours are strings.
    { ...(reply.getHeaders() as Record<string, string>), ...format.headers },
    {
      ...limits,
      onWrite: (pieces) => metrics.chunks(pieces),
      onCutOff: (reason) => cutOff(request.requestContext, reply.raw, metrics, reason),
    },
  );
}
