import type { JobSpec } from "@flock/jobs";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import type { InferenceRequest } from "./inference-request.js";

/**
 * How the answer goes on if its worker is lost. Structured output can be continued where the engine takes a grammar up
 * in the middle, which no Ollama does; otherwise it is held back until it is whole, as vectors are. What tools and
 * thinking have parsers take apart is continued for a client who reads along, and for others generated anew, which
 * always succeeds.
 */
export function resumeModeOf(request: InferenceRequest, entry: CatalogueEntry): JobSpec["resume"] {
  if (request.operation === Operation.EMBED) return "whole";
  const { format, thinking, isStreamed } = request;
  const thinks = entry.capabilities.includes("thinking") ? thinking !== false : Boolean(thinking);
  const isParsed = hasTools(request) || thinks;
  if (format !== undefined) return entry.resumesFormat && !isParsed ? "continue" : "whole";
  return isParsed && !isStreamed ? "whole" : "continue";
}

export function hasTools(request: InferenceRequest): boolean {
  return request.operation === Operation.CHAT && request.tools !== undefined;
}
