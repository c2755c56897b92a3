import type { Inference } from "../inference/inference.js";
import type { EmbedRequest } from "../inference/inference-request.js";
import { vectorsOf } from "../inference/vectors.js";
import type { RequestContext } from "../request-context.js";
import { collectAnswer } from "./collected-answer.js";

/** One vector for each input. */
export interface CollectedVectors {
  readonly vectors: readonly (readonly number[])[];
  /** The one that made them, by the name that the client has for it. */
  readonly model: string;
  readonly promptTokens: number;
  readonly loadDurationNs: number;
}

/**
 * Runs the request and resolves to its vectors, checked; rejects like {@link collectAnswer}. No input is no job: the
 * model is only looked for.
 */
export async function collectVectors(
  inference: Inference,
  context: RequestContext,
  request: EmbedRequest,
  gone: AbortSignal,
): Promise<CollectedVectors> {
  if (request.input.length === 0) {
    inference.model(context, request.model);
    return { vectors: [], model: request.model, promptTokens: 0, loadDurationNs: 0 };
  }
  const { result } = await collectAnswer(inference, context, request, gone);
  const vectors = vectorsOf(result.embeddingsJson, request.input.length);
  const model = context.run.askedName;
  return { vectors, model, promptTokens: result.promptTokens, loadDurationNs: result.loadDurationNs };
}
