import { FlockError } from "@flock/errors";
import type { DeliveredChunk, JobHandle, JobResult, JobSink } from "@flock/jobs";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Gateway } from "../gateway.js";
import { cutOff } from "../http/client-limits.js";
import { type PublicError, publicErrorOf } from "../http/error-table.js";
import type { InferenceRequest } from "../inference/inference-request.js";
import { type AnswerPiece, isEmptyPiece, pieceOf } from "./answer-piece.js";
import { endError } from "./end-error.js";
import { ResponseStream } from "./response-stream.js";

/** How a dialect frames a streamed answer. One instance per answer; what it returns is written as it is. */
export interface StreamFormat {
  readonly headers: Readonly<Record<string, string>>;
  piece(piece: AnswerPiece): string;
  /** The end of a whole answer. */
  end(result: JobResult): string;
  /** The end of an answer that failed in the middle (its status is already 200). */
  error(error: PublicError): string;
}

/**
 * Runs the request and streams its answer. Nothing is sent before the first piece or the end, so an error before that
 * rejects and is answered with its own status; after it, the stream ends with the format's error. A client that goes
 * away cancels the job, one that does not read fails it.
 */
export function streamAnswer(
  gateway: Gateway,
  request: FastifyRequest,
  reply: FastifyReply,
  inferenceRequest: InferenceRequest,
  format: StreamFormat,
): Promise<FastifyReply> {
  return new Promise((resolve, reject) => {
    const answer = new StreamedAnswer(gateway, request, reply, format, resolve, reject);
    answer.follow(gateway.inference.submit(request.exchange, inferenceRequest, answer));
  });
}

class StreamedAnswer implements JobSink {
  #stream: ResponseStream | undefined;
  #handle: JobHandle | undefined;
  #isBroken = false;

  constructor(
    private readonly gateway: Gateway,
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly format: StreamFormat,
    private readonly resolve: (reply: FastifyReply) => void,
    private readonly reject: (error: FlockError) => void,
  ) {}

  follow(handle: JobHandle): void {
    this.#handle = handle;
    const { raw } = this.reply;
    const onClose = (): void => {
      if (raw.writableFinished) return;
      if (this.request.exchange.facts.cutOff === undefined) handle.cancel();
      else handle.fail(new FlockError("aborted", "the client did not read its answer"));
    };
    if (raw.destroyed) onClose();
    else raw.once("close", onClose);
  }

  onChunk(chunk: DeliveredChunk): void {
    if (this.#isBroken) return;
    let piece: AnswerPiece;
    try {
      piece = pieceOf(chunk);
    } catch (thrown) {
      this.#isBroken = true;
      this.#handle?.fail(FlockError.from(thrown), { isFree: true });
      return;
    }
    if (!isEmptyPiece(piece)) this.#open().write(this.format.piece(piece));
  }

  onEnd(result: JobResult): void {
    if (this.reply.raw.destroyed) {
      // Nobody is there to be told: all that is left is to let go of the request.
      this.reply.hijack();
      this.resolve(this.reply);
      return;
    }
    const error = endError(result);
    if (error === undefined) this.#open().end(this.format.end(result));
    else if (this.#stream === undefined) this.reject(error);
    else {
      if (error.code === "internal")
        this.gateway.logger.error({ err: error, requestId: this.request.id }, "stream failed");
      this.#stream.end(this.format.error(publicErrorOf(error)));
    }
  }

  #open(): ResponseStream {
    if (this.#stream !== undefined) return this.#stream;
    const { gateway, request, reply, format } = this;
    reply.hijack();
    request.exchange.firstByteMs = performance.now();
    this.#stream = new ResponseStream(
      reply.raw,
      // CAST: fastify types a header's value wider than Node does; ours are strings.
      { ...(reply.getHeaders() as Record<string, string>), ...format.headers },
      {
        ...gateway.limits,
        onWrite: (pieces) => gateway.metrics.chunks(pieces),
        onCutOff: (reason) => cutOff(request.exchange, reply.raw, gateway.metrics, reason),
      },
    );
    this.resolve(reply);
    return this.#stream;
  }
}
