import type { Inference } from "../inference/inference.js";
import type { EmbedRequest } from "../inference/inference-request.js";
import { vectorsOf } from "../inference/vectors.js";
import type { RequestContext } from "../request-context.js";
import { collectAnswer } from "./collected-answer.js";

/** One vector for each input. */
export interface CollectedVectors {
  readonly vectors: readonly (readonly number[])[];
  readonly promptTokens: number;
  readonly loadDurationNs: number;
}

const NO_VECTORS: CollectedVectors = { vectors: [], promptTokens: 0, loadDurationNs: 0 };

/** Runs the request and resolves to its vectors, checked; rejects like {@link collectAnswer}. No input is no job. */
export async function collectVectors(
  inference: Inference,
  context: RequestContext,
  request: EmbedRequest,
  gone: AbortSignal,
): Promise<CollectedVectors> {
  if (request.input.length === 0) return NO_VECTORS;
  const { result } = await collectAnswer(inference, context, request, gone);
  const vectors = vectorsOf(result.embeddingsJson, request.input.length);
  return { vectors, promptTokens: result.promptTokens, loadDurationNs: result.loadDurationNs };
}
