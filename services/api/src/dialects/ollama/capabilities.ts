import { FlockError } from "@flock/errors";
import type { CatalogueEntry } from "@flock/proto";

/** Whether the model has an Ollama capability. A worker whose Ollama does not tell any is taken to have them all. */
export function isCapable(entry: CatalogueEntry, capability: string): boolean {
  return entry.capabilities.length === 0 || entry.capabilities.includes(capability);
}

/** Throws `invalid_argument` in Ollama's words if the model lacks what the request needs. */
export function requireCapability(
  entry: CatalogueEntry,
  requestedName: string,
  capability: "completion" | "insert" | "thinking" | "tools" | "vision",
  what: string = capability,
): void {
  if (isCapable(entry, capability)) return;
  // Ollama quotes the name in some of these messages and not in others.
  const name =
    capability === "completion" || capability === "thinking" ? `"${requestedName}"` : requestedName;
  throw new FlockError("invalid_argument", `${name} does not support ${what}`);
}
