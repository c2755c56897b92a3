import { FlockError } from "@flock/errors";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import type { RequestContext } from "../../request-context.js";
import type { InferenceGateway } from "../inference-gateway.js";

/**
 * The model that a request names, for the endpoints that look for a model also where none is named, as Ollama's do:
 * that one is not found. The others say that a name is required; see `Inference.model`.
 */
export function modelOf(gateway: InferenceGateway, context: RequestContext, name: string): CatalogueEntry {
  if (name.trim() === "") throw new FlockError("not_found", `model '${name}' not found`);
  return gateway.inference.model(context, name);
}
