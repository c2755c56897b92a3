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

/** What a client is told of a worker that sent what cannot be an answer. */
export function nonsense(cause?: unknown): FlockError {
  return new FlockError("aborted", "the worker failed to generate a response", { cause });
}
