import { FlockError } from "@flock/errors";
import type { DeliveredChunk } from "@flock/jobs";
import { isJsonObject, type JsonObject } from "../json-object.js";

/** A call that the model wants made, as Ollama gives it: `arguments` is an object. */
export interface ToolCall {
  readonly id?: string;
  readonly function: { readonly name: string; readonly arguments: JsonObject; readonly index?: number };
}

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
 * Reads a chunk. Workers are not trusted, and these bytes would go into the client's stream: text that is no JSON could
 * end the answer in the middle, or forge one.
 * @throws FlockError `aborted` if the worker sent nonsense.
 */
export function pieceOf(chunk: DeliveredChunk): AnswerPiece {
  const { text, thinking, logprobsJson, toolCallsJson } = chunk;
  return {
    text,
    thinking,
    logprobs: logprobsJson.length === 0 ? NONE : arrayOf(logprobsJson, isJsonObject),
    toolCalls: toolCallsJson.length === 0 ? NONE : arrayOf(toolCallsJson, isToolCall),
  };
}

/** Nothing that a client would see: a token whose text is held back, or was cut off. */
export function isEmptyPiece(piece: AnswerPiece): boolean {
  return piece.text === "" && piece.thinking === "" && piece.logprobs.length + piece.toolCalls.length === 0;
}

/** Reads the vectors of an embedding job: `count` of them, all of one length above 0. Throws like {@link pieceOf}. */
export function vectorsOf(embeddingsJson: Uint8Array, count: number): readonly (readonly number[])[] {
  const vectors = arrayOf(embeddingsJson, isVector);
  const length = vectors[0]?.length;
  if (vectors.length !== count || length === 0) throw nonsense();
  if (vectors.some((vector) => vector.length !== length)) throw nonsense();
  return vectors;
}

function arrayOf<T>(json: Uint8Array, isElement: (value: unknown) => value is T): readonly T[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString("utf8"));
  } catch (cause) {
    throw nonsense(cause);
  }
  if (!Array.isArray(value) || !value.every(isElement)) throw nonsense();
  return value;
}

function isToolCall(value: unknown): value is ToolCall {
  if (!isJsonObject(value) || !isJsonObject(value["function"])) return false;
  const { name, arguments: given } = value["function"];
  return typeof name === "string" && isJsonObject(given);
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((element) => Number.isFinite(element));
}

function nonsense(cause?: unknown): FlockError {
  return new FlockError("aborted", "the worker failed to generate a response", { cause });
}
