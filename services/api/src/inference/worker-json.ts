import { FlockError } from "@flock/errors";

/**
 * Reads a JSON array that a worker sent. Workers are not trusted, and these bytes would go into the client's stream:
 * text that is no JSON could end the answer in the middle, or forge one.
 * @throws FlockError `aborted` if the worker sent nonsense.
 */
export function workersArray<T>(json: Uint8Array, isElement: (value: unknown) => value is T): readonly T[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString("utf8"));
  } catch (cause) {
    throw nonsense(cause);
  }
  if (!Array.isArray(value) || !value.every(isElement)) throw nonsense();
  return value;
}

/** Deeper than any tool's arguments. What is much deeper can be parsed, but overflows the stack when it is written. */
const DEPTH_MAX = 128;

/** Whether a value that a worker sent can be written again: it nests no deeper than a client's may. */
export function isWritable(value: unknown, depth = DEPTH_MAX): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isWritable(member, depth - 1));
}

/** What a client is told of a worker that sent what cannot be an answer. */
export function nonsense(cause?: unknown): FlockError {
  return new FlockError("aborted", "the worker failed to generate a response", { cause });
}
