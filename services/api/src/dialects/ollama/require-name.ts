import { FlockError } from "@flock/errors";

/**
 * For the endpoints that look for a model also where none is named, as Ollama's do: that one is not found. The others
 * say that a name is required; see `Inference.model`.
 */
export function requireName(model: string): void {
  if (model.trim() === "") throw new FlockError("not_found", `model '${model}' not found`);
}
