import type { JobResult } from "@flock/jobs";
import type { Done, Logprob, Logprob_Alternative, ToolCall } from "@flock/proto/public";
import { readLogprob, type TokenLogprob } from "../answers/token-logprob.js";
import type { ToolCall as InferenceToolCall } from "../inference/inference-request.js";
import type { JsonObject } from "../json-object.js";
import type { RequestContext } from "../request-context.js";
import { durationOfNs } from "./proto-time.js";
import { COUNT_BOUNDS, storyOf } from "./story-messages.js";

/* What an answer is told with, in the messages of the public contract. */

/** How an answer ended. */
export function doneOf(context: RequestContext, result: JobResult): Done {
  return {
    reason: result.doneReason,
    promptTokens: BigInt(result.promptTokens),
    completionTokens: BigInt(result.completionTokens),
    completionTokensBound: COUNT_BOUNDS[result.completionTokensBound],
    totalDuration: durationOfNs(context.durationNs),
    loadDuration: durationOfNs(result.loadDurationNs),
    promptDuration: durationOfNs(result.promptEvalDurationNs),
    completionDuration: durationOfNs(result.evalDurationNs),
    jobId: context.run.jobId,
    model: context.facts.model ?? "",
    story: storyOf(context.story?.told()),
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

/** A token's log probability, and what else could have stood there. */
export function logprobOf(given: JsonObject): Logprob {
  const read = readLogprob(given);
  return { ...alternativeOf(read), alternatives: read.alternatives.map(alternativeOf) };
}

function alternativeOf({ token, logprob, bytes = [] }: TokenLogprob): Logprob_Alternative {
  return { token, logprob, bytes: Uint8Array.from(bytes) };
}

const INDEX_MAX = 2 ** 32 - 1;

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= INDEX_MAX;
}
