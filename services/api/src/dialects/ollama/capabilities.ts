import { FlockError } from "@flock/errors";
import type { CatalogueEntry } from "@flock/proto";

/** Whether the model has an Ollama capability. A worker whose Ollama does not tell any is taken to have them all. */
export function isCapable(entry: CatalogueEntry, capability: string): boolean {
  return entry.capabilities.length === 0 || entry.capabilities.includes(capability);
}

/** Ollama quotes the name in some of its messages and not in others. */
const QUOTED: ReadonlySet<string> = new Set(["completion", "embedding", "thinking"]);

/** Throws `invalid_argument` in Ollama's words if the model lacks what the request needs. */
export function requireCapability(
  entry: CatalogueEntry,
  requestedName: string,
  capability: "completion" | "embedding" | "insert" | "thinking" | "tools" | "vision",
  what: string = capability,
): void {
  if (isCapable(entry, capability)) return;
  const name = QUOTED.has(capability) ? `"${requestedName}"` : requestedName;
  throw new FlockError("invalid_argument", `${name} does not support ${what}`);
}
