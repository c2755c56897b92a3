import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import type { InferenceRequest } from "./inference-request.js";

/**
 * How the answer goes on if its worker is lost: text in a form of its own (JSON, tool calls, thinking, which parsers
 * take apart) cannot be continued in the middle and is generated again with the same seed; vectors likewise.
 */
export function resumeModeOf(request: InferenceRequest, entry: CatalogueEntry): "continue" | "replay" {
  if (request.operation === Operation.EMBED) return "replay";
  const { format, thinking } = request;
  const thinks = entry.capabilities.includes("thinking") ? thinking !== false : Boolean(thinking);
  return format !== undefined || hasTools(request) || thinks ? "replay" : "continue";
}

export function hasTools(request: InferenceRequest): boolean {
  return request.operation === Operation.CHAT && request.tools !== undefined;
}
