import type { JobResult } from "@flock/jobs";
import {
  CountBound,
  type Done,
  type Logprob,
  type Logprob_Alternative,
  type ToolCall,
} from "@flock/proto/public";
import type { ToolCall as InferenceToolCall } from "../inference/inference-request.js";
import { isJsonObject, type JsonObject } from "../json-object.js";
import type { RequestContext } from "../request-context.js";
import { durationOfNs } from "./proto-time.js";

/* What an answer is told with, in the messages of the public contract. */

const BOUNDS = {
  exact: CountBound.EXACT,
  lower: CountBound.LOWER,
  upper: CountBound.UPPER,
} as const satisfies Readonly<Record<JobResult["completionTokensBound"], CountBound>>;

/** How an answer ended. */
export function doneOf(context: RequestContext, result: JobResult): Done {
  return {
    reason: result.doneReason,
    promptTokens: BigInt(result.promptTokens),
    completionTokens: BigInt(result.completionTokens),
    completionTokensBound: BOUNDS[result.completionTokensBound],
    totalDuration: durationOfNs(context.durationNs),
    loadDuration: durationOfNs(result.loadDurationNs),
    promptDuration: durationOfNs(result.promptEvalDurationNs),
    completionDuration: durationOfNs(result.evalDurationNs),
    jobId: context.requestId,
    model: context.facts.model ?? "",
  };
}

/** A call that the model wants made. */
export function toolCallOf({ id = "", function: called }: InferenceToolCall): ToolCall {
  const { index } = called;
  return {
    id: typeof id === "string" ? id : "",
    name: called.name,
    argumentsJson: JSON.stringify(called.arguments),
    index: isIndex(index) ? index : undefined,
  };
}

/** A token's log probability. A worker sent it: what is not of its expected kind is left out. */
export function logprobOf(given: JsonObject): Logprob {
  const { top_logprobs: top } = given;
  const alternatives = Array.isArray(top) ? top.filter(isJsonObject).map(alternativeOf) : [];
  return { ...alternativeOf(given), alternatives };
}

function alternativeOf({ token, logprob, bytes }: JsonObject): Logprob_Alternative {
  return {
    token: typeof token === "string" ? token : "",
    logprob: typeof logprob === "number" ? logprob : 0,
    bytes: Array.isArray(bytes) ? Uint8Array.from(bytes.filter((byte) => typeof byte === "number")) : EMPTY,
  };
}

const EMPTY = new Uint8Array();
const INDEX_MAX = 2 ** 32 - 1;

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= INDEX_MAX;
}
