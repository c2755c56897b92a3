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

/** A format that is made when it is known which model answers: by the name that the client has for it. */
class LateFormat implements TextFormat {
  #format: TextFormat | undefined;

  constructor(private readonly make: () => TextFormat) {}

  get headers(): TextFormat["headers"] {
    return this.#made.headers;
  }

  piece(...piece: Parameters<TextFormat["piece"]>): string {
    return this.#made.piece(...piece);
  }

  end(...end: Parameters<TextFormat["end"]>): string {
    return this.#made.end(...end);
  }

  error(...error: Parameters<TextFormat["error"]>): string {
    return this.#made.error(...error);
  }

  whole(...answer: Parameters<TextFormat["whole"]>): string {
    return this.#made.whole(...answer);
  }

  get #made(): TextFormat {
    this.#format ??= this.make();
    return this.#format;
  }
}

/**
 * Has the request run and answers it as a stream or as one object, whichever was asked for.
 *
 * @param formatOf Made with the name of the model that answers, as the client wrote it.
 */
export async function answerText(
  gateway: InferenceGateway,
  request: FastifyRequest,
  reply: FastifyReply,
  inferenceRequest: ChatRequest | CompletionRequest,
  formatOf: (model: string) => TextFormat,
): Promise<FastifyReply | string> {
  const format = new LateFormat(() => formatOf(request.requestContext.run.askedName));
  if (inferenceRequest.isStreamed) return streamReply(gateway, request, reply, inferenceRequest, format);
  const gone = goneSignalOf(reply);
  const answer = await collectAnswer(gateway.inference, request.requestContext, inferenceRequest, gone);
  reply.type(JSON_TYPE);
  return format.whole(answer);
}
