import { nonsense, workersArray } from "./worker-json.js";

/** More than any vector has; what is more is as good. */
const DIMENSIONS_MAX = 2 ** 31 - 1;

/** Of a request for vectors: none and less stand for all of them, as with Ollama. */
export function vectorDimensions(asked: number | undefined): number | undefined {
  return asked === undefined || asked <= 0 ? undefined : Math.min(asked, DIMENSIONS_MAX);
}

/**
 * Reads the vectors of an embedding job: `count` of them, all of one length above 0.
 * @throws FlockError `aborted` if the worker sent nonsense.
 */
export function vectorsOf(embeddingsJson: Uint8Array, count: number): readonly (readonly number[])[] {
  const vectors = workersArray(embeddingsJson, isVector);
  const length = vectors[0]?.length;
  if (vectors.length !== count || length === 0) throw nonsense();
  if (vectors.some((vector) => vector.length !== length)) throw nonsense();
  return vectors;
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((element) => Number.isFinite(element));
}
