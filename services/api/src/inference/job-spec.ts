import { FlockError } from "@flock/errors";
import type { JobSpec } from "@flock/jobs";
import { WORK_BYTES_MAX } from "@flock/proto";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import { promptTokensBound, type TokenBounds } from "./cost.js";
import type { InferenceRequest } from "./inference-request.js";
import type { ModelOptions } from "./model-options.js";
import { writeOllamaJson } from "./ollama-json.js";
import { hasTools, resumeModeOf } from "./resume-mode.js";
import { vectorsOf } from "./vectors.js";

/** Room in a job's work for the text that an answer is resumed after. */
const RESUME_BYTES = 4 * 1024 * 1024;

export interface JobContext {
  readonly jobId: string;
  readonly accountId: string;
  readonly keyId: string;
  readonly tier: number;
  readonly traceparent: string;
  readonly deadlineUnixMs: number;
  /** Ceiling for `num_predict`. */
  readonly completionTokensMax: number;
  /** Used when the client gave no seed, so that a job that is replayed gives the same text: 0 ≤ seed < 2^31. */
  readonly randomSeed: number;
}

/** The job without its payer, and the bounds that the hold is computed from. */
export interface PlannedJob {
  readonly spec: Omit<JobSpec, "payer">;
  readonly bounds: TokenBounds;
}

/** Turns a request into a job for the model: seed and limits fixed, Ollama's body, bounds. Pure. */
export function planJob(request: InferenceRequest, entry: CatalogueEntry, context: JobContext): PlannedJob {
  const isText = request.operation !== Operation.EMBED;
  const prompts = isText ? 1 : request.input.length;
  const completionTokensMax = isText
    ? completionBound(request.options, context.completionTokensMax, entry.contextLength)
    : 0;
  const { bytes: requestJson, promptBytes } = writeOllamaJson(request, entry, {
    generated: isText
      ? { num_predict: completionTokensMax, seed: seedOf(request.options, context.randomSeed) }
      : undefined,
  });
  if (requestJson.length > WORK_BYTES_MAX - RESUME_BYTES)
    throw new FlockError("payload_too_large", "request body too large");
  return {
    spec: {
      jobId: context.jobId,
      accountId: context.accountId,
      keyId: context.keyId,
      tier: context.tier,
      operation: request.operation,
      model: entry.name,
      modelDigest: entry.digest,
      promptPriceMicro: entry.promptPriceMicro,
      completionPriceMicro: entry.completionPriceMicro,
      promptBytes,
      completionTokensMax,
      deadlineUnixMs: context.deadlineUnixMs,
      requestJson,
      resume: resumeModeOf(request, entry),
      coalesce: !(isText && request.isStreamed),
      mayBeQuiet: hasTools(request),
      ...(isText ? {} : { acceptsEmbeddings: (json) => areVectors(json, prompts) }),
      traceparent: context.traceparent,
    },
    bounds: {
      promptTokensMax: promptTokensBound(promptBytes, entry.contextLength, prompts),
      completionTokensMax,
    },
  };
}

/** The client's `num_predict`, within the ceiling and the context; 0 and less mean "no limit" to Ollama. */
function completionBound(
  { num_predict: asked = 0 }: ModelOptions,
  ceiling: number,
  contextLength: number,
): number {
  const wanted = asked > 0 ? asked : ceiling;
  return Math.min(wanted, ceiling, contextLength > 0 ? contextLength : ceiling);
}

/** -1 is Ollama's "random": then, too, one seed must hold for the whole job. */
function seedOf({ seed = -1 }: ModelOptions, randomSeed: number): number {
  return seed === -1 ? randomSeed : seed;
}

function areVectors(embeddingsJson: Uint8Array, count: number): boolean {
  try {
    return vectorsOf(embeddingsJson, count).length === count;
  } catch {
    return false; // What is wrong with them is its worker's concern.
  }
}
