import { FlockError } from "@flock/errors";
import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import type { EmbedRequest, InferenceRequest, TextRequest } from "./inference-request.js";

/** Whether the model has an Ollama capability. A worker whose Ollama does not tell any is taken to have them all. */
function isCapable(entry: CatalogueEntry, capability: string): boolean {
  return entry.capabilities.length === 0 || entry.capabilities.includes(capability);
}

/** The request without a wish to think that is no error where it cannot be had, if the model cannot. */
export function withoutVainWishes(entry: CatalogueEntry, request: InferenceRequest): InferenceRequest {
  const isVain =
    request.operation !== Operation.EMBED &&
    request.thinksIfAble === true &&
    !entry.capabilities.includes("thinking");
  return isVain ? { ...request, thinking: undefined } : request;
}

/**
 * Refuses what the model cannot do, or no model could, before it costs anything.
 * @throws FlockError `invalid_argument` in Ollama's words.
 */
export function requireCapable(entry: CatalogueEntry, request: InferenceRequest): void {
  const { model } = request;
  switch (request.operation) {
    case Operation.CHAT:
      requireCapability(entry, model, "completion", "chat");
      if (request.tools !== undefined) requireCapability(entry, model, "tools");
      if (request.messages.some(({ images }) => images !== undefined))
        requireCapability(entry, model, "vision");
      return requireThinking(entry, request);
    case Operation.GENERATE:
      requireCapability(entry, model, "completion", "generate");
      if (request.suffix !== undefined) requireCapability(entry, model, "insert");
      if (request.images !== undefined) requireCapability(entry, model, "vision");
      return requireThinking(entry, request);
    case Operation.EMBED:
      requireCapability(entry, model, "embedding", "embeddings");
      return requireInput(request);
  }
}

/** `false` means nothing to a model that cannot think. */
function requireThinking(entry: CatalogueEntry, { model, thinking }: TextRequest): void {
  if (thinking !== undefined && thinking !== false) requireCapability(entry, model, "thinking");
}

/** Alone an empty text is no input at all, in a list it is one that no model has a vector for. */
function requireInput({ input }: EmbedRequest): void {
  if (input.includes(""))
    throw new FlockError(
      "invalid_argument",
      "input exceeds maximum context length and cannot be truncated further",
    );
}

/** Ollama quotes the name in some of its messages and not in others. */
const QUOTED: ReadonlySet<string> = new Set(["completion", "embedding", "thinking"]);

function requireCapability(
  entry: CatalogueEntry,
  requestedName: string,
  capability: "completion" | "embedding" | "insert" | "thinking" | "tools" | "vision",
  what: string = capability,
): void {
  if (isCapable(entry, capability)) return;
  const name = QUOTED.has(capability) ? `"${requestedName}"` : requestedName;
  throw new FlockError("invalid_argument", `${name} does not support ${what}`);
}
