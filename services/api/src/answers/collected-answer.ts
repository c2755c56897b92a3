import { FlockError } from "@flock/errors";
import type { DeliveredChunk, JobHandle, JobResult, JobSink } from "@flock/jobs";
import type { Inference } from "../inference/inference.js";
import type { InferenceRequest, ToolCall } from "../inference/inference-request.js";
import type { JsonObject } from "../json-object.js";
import type { RequestContext } from "../request-context.js";
import { pieceOf } from "./answer-piece.js";
import { endError } from "./end-error.js";

/** A whole answer. */
export interface CollectedAnswer {
  readonly text: string;
  readonly thinking: string;
  readonly logprobs: readonly JsonObject[];
  readonly toolCalls: readonly ToolCall[];
  readonly result: JobResult;
}

/**
 * Runs the request and resolves to its whole answer. Rejects with the job's error; with `cancelled` when the client has
 * gone away (`gone`), which also cancels the job.
 */
export function collectAnswer(
  inference: Inference,
  context: RequestContext,
  request: InferenceRequest,
  gone: AbortSignal,
): Promise<CollectedAnswer> {
  return new Promise((resolve, reject) => {
    const collector = new Collector(context, resolve, reject);
    const handle = inference.submit(context, request, collector);
    collector.follow(handle);
    if (gone.aborted) handle.cancel();
    else gone.addEventListener("abort", () => handle.cancel(), { once: true });
  });
}

class Collector implements JobSink {
  #text = "";
  #thinking = "";
  readonly #logprobs: JsonObject[] = [];
  readonly #toolCalls: ToolCall[] = [];
  #handle: JobHandle | undefined;
  #isBroken = false;

  constructor(
    private readonly context: RequestContext,
    private readonly resolve: (answer: CollectedAnswer) => void,
    private readonly reject: (error: FlockError) => void,
  ) {}

  follow(handle: JobHandle): void {
    this.#handle = handle;
  }

  onChunk(chunk: DeliveredChunk): void {
    if (this.#isBroken) return;
    try {
      const piece = pieceOf(chunk);
      this.#text += piece.text;
      this.#thinking += piece.thinking;
      for (const logprob of piece.logprobs) this.#logprobs.push(logprob);
      for (const toolCall of piece.toolCalls) this.#toolCalls.push(toolCall);
    } catch (thrown) {
      this.#isBroken = true;
      this.#handle?.fail(FlockError.from(thrown), { isFree: true });
    }
  }

  onEnd(result: JobResult): void {
    const error = endError(result);
    if (error !== undefined) return this.reject(error);
    this.context.firstByteMs = performance.now();
    this.resolve({
      text: this.#text,
      thinking: this.#thinking,
      logprobs: this.#logprobs,
      toolCalls: this.#toolCalls,
      result,
    });
  }
}
