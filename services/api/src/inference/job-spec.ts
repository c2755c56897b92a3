import { FlockError } from "@flock/errors";
import type { JobSpec } from "@flock/jobs";
import { Operation, WORK_BYTES_MAX } from "@flock/proto";
import { vectorsOf } from "../answers/answer-piece.js";
import { promptTokensBound, type TokenBounds } from "./cost.js";
import type { InferenceRequest, ModelOptions } from "./inference-request.js";

/** Room in a job's work for the text that an answer is resumed after. */
const RESUME_BYTES = 4 * 1024 * 1024;

export interface JobContext {
  readonly jobId: string;
  readonly accountId: string;
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

/** Turns a request into a job: seed and limits fixed, canonical body, bounds. Pure. */
export function planJob(request: InferenceRequest, context: JobContext): PlannedJob {
  const { entry, operation } = request;
  const isText = operation !== Operation.EMBED;
  const completionTokensMax = isText
    ? completionBound(request.options, context.completionTokensMax, entry.contextLength)
    : 0;
  const options = {
    ...withoutContext(request.options),
    ...(isText
      ? { num_predict: completionTokensMax, seed: seedOf(request.options, context.randomSeed) }
      : {}),
  };
  const settings = { model: entry.name, ...request.settings, options };
  const requestJson = Buffer.from(JSON.stringify({ ...request.prompt, ...settings }));
  const promptBytes = requestJson.length - Buffer.byteLength(JSON.stringify(settings));
  if (requestJson.length > WORK_BYTES_MAX - RESUME_BYTES)
    throw new FlockError("payload_too_large", "request body too large");
  return {
    spec: {
      jobId: context.jobId,
      accountId: context.accountId,
      tier: context.tier,
      operation,
      model: entry.name,
      modelDigest: entry.digest,
      promptPriceMicro: entry.promptPriceMicro,
      completionPriceMicro: entry.completionPriceMicro,
      promptBytes,
      completionTokensMax,
      deadlineUnixMs: context.deadlineUnixMs,
      requestJson,
      resume: request.resume,
      coalesce: !request.isStreamed,
      mayBeQuiet: request.prompt["tools"] !== undefined,
      ...(isText ? {} : { acceptsEmbeddings: (json) => areVectors(json, request.prompts) }),
      traceparent: context.traceparent,
    },
    bounds: {
      promptTokensMax: promptTokensBound(promptBytes, entry.contextLength, request.prompts),
      completionTokensMax,
    },
  };
}

/** The client's `num_predict`, within the ceiling and the context; 0 and less mean "no limit" to Ollama. */
function completionBound(options: ModelOptions, ceiling: number, contextLength: number): number {
  const asked = options["num_predict"];
  const wanted = typeof asked === "number" && asked > 0 ? asked : ceiling;
  return Math.min(wanted, ceiling, contextLength > 0 ? contextLength : ceiling);
}

/** -1 is Ollama's "random": then, too, one seed must hold for the whole job. */
function seedOf(options: ModelOptions, randomSeed: number): number {
  const asked = options["seed"];
  return typeof asked === "number" && asked !== -1 ? asked : randomSeed;
}

/** The context is the workers', for every request the same: another one would make an Ollama load its model anew. */
function withoutContext({ num_ctx: _, ...options }: ModelOptions): ModelOptions {
  return options;
}

function areVectors(embeddingsJson: Uint8Array, count: number): boolean {
  try {
    return vectorsOf(embeddingsJson, count).length === count;
  } catch {
    return false; // What is wrong with them is its worker's concern.
  }
}
