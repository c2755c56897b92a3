import { FlockError } from "@flock/errors";
import type { DeliveredChunk, JobHandle, JobResult, JobSink } from "@flock/jobs";
import type { Logger } from "@flock/observability";
import type { Inference } from "../inference/inference.js";
import type { InferenceRequest } from "../inference/inference-request.js";
import { type PublicError, publicErrorOf } from "../public-error.js";
import type { RequestContext } from "../request-context.js";
import type { ToldStory } from "../stories/job-story.js";
import { type AnswerPiece, isEmptyPiece, pieceOf } from "./answer-piece.js";
import type { AnswerClient, AnswerSink } from "./answer-sink.js";
import { endError } from "./end-error.js";

/** How a dialect frames a streamed answer. One instance per answer; what it returns is written as it is. */
export interface StreamFormat<Frame> {
  piece(piece: AnswerPiece): Frame;
  /** The end of a whole answer, and the story of its job. */
  end(result: JobResult, story: ToldStory | undefined): Frame;
  /** The end of an answer that failed in the middle (it has begun already), and the story of its job. */
  error(error: PublicError, story: ToldStory | undefined): Frame;
}

/** What has requests run and streams their answers. */
export interface Streaming {
  readonly inference: Inference;
  readonly logger: Logger;
}

/**
 * Runs the request and streams its answer. Nothing is sent before the first piece or the end, so an error before that
 * rejects and is answered in its own way; after it, the stream ends with the format's error. Resolves when the answer
 * has begun, or nobody is there to be told. A client that goes away cancels the job, one that does not read fails it.
 */
export function streamAnswer<Frame>(
  streaming: Streaming,
  context: RequestContext,
  request: InferenceRequest,
  format: StreamFormat<Frame>,
  client: AnswerClient<Frame>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = new StreamedAnswer(streaming.logger, context, format, client, resolve, reject);
    answer.follow(streaming.inference.submit(context, request, answer));
  });
}

class StreamedAnswer<Frame> implements JobSink {
  #sink: AnswerSink<Frame> | undefined;
  #handle: JobHandle | undefined;
  #isBroken = false;

  constructor(
    private readonly logger: Logger,
    private readonly context: RequestContext,
    private readonly format: StreamFormat<Frame>,
    private readonly client: AnswerClient<Frame>,
    private readonly resolve: () => void,
    private readonly reject: (error: FlockError) => void,
  ) {}

  follow(handle: JobHandle): void {
    this.#handle = handle;
    const { gone } = this.client;
    const onGone = (): void => {
      if (this.context.facts.cutOff === undefined) handle.cancel();
      else handle.fail(new FlockError("aborted", "the client did not read its answer"));
    };
    if (gone.aborted) onGone();
    else gone.addEventListener("abort", onGone, { once: true });
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
    // Nobody is there to be told: all that is left is to let go of the request.
    if (this.client.gone.aborted) return this.resolve();
    const error = endError(result);
    const story = this.context.story?.told();
    if (error === undefined) this.#open().end(this.format.end(result, story));
    else if (this.#sink === undefined) this.reject(error);
    else {
      if (error.code === "internal")
        this.logger.error({ err: error, requestId: this.context.requestId }, "stream failed");
      this.#sink.end(this.format.error(publicErrorOf(error), story));
    }
  }

  #open(): AnswerSink<Frame> {
    if (this.#sink !== undefined) return this.#sink;
    this.context.firstByteMs = performance.now();
    this.#sink = this.client.open();
    this.resolve();
    return this.#sink;
  }
}
