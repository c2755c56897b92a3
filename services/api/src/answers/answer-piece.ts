import type { DeliveredChunk } from "@flock/jobs";
import type { ToolCall } from "../inference/inference-request.js";
import { isWritable, workersArray } from "../inference/worker-json.js";
import { isJsonObject, type JsonObject } from "../json-object.js";

/** A piece of an answer, checked: what a worker sent as JSON is JSON and of the right kind. */
export interface AnswerPiece {
  readonly text: string;
  readonly thinking: string;
  /** Ollama's logprob objects; empty if none. */
  readonly logprobs: readonly JsonObject[];
  readonly toolCalls: readonly ToolCall[];
}

const NONE: readonly never[] = [];

/**
 * Reads a chunk.
 * @throws FlockError `aborted` if the worker sent nonsense.
 */
export function pieceOf(chunk: DeliveredChunk): AnswerPiece {
  const { text, thinking, logprobsJson, toolCallsJson } = chunk;
  return {
    text,
    thinking,
    logprobs: logprobsJson.length === 0 ? NONE : workersArray(logprobsJson, isLogprob),
    toolCalls: toolCallsJson.length === 0 ? NONE : workersArray(toolCallsJson, isToolCall),
  };
}

/** Nothing that a client would see: a token whose text is held back, or was cut off. */
export function isEmptyPiece(piece: AnswerPiece): boolean {
  return piece.text === "" && piece.thinking === "" && piece.logprobs.length + piece.toolCalls.length === 0;
}

function isLogprob(value: unknown): value is JsonObject {
  return isJsonObject(value) && isWritable(value);
}

function isToolCall(value: unknown): value is ToolCall {
  if (!isJsonObject(value) || !isJsonObject(value["function"]) || !isWritable(value)) return false;
  const { name, arguments: given } = value["function"];
  return typeof name === "string" && isJsonObject(given);
}
