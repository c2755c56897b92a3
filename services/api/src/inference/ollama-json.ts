import type { CatalogueEntry } from "@flock/proto/catalogue";
import { Operation } from "@flock/proto/jobs";
import type { JsonObject } from "../json-object.js";
import type { ChatMessage, InferenceRequest, TextRequest, Thinking } from "./inference-request.js";

/** A request as Ollama's own API takes it: what travels in a job. Members that are undefined are not in its JSON. */
export interface OllamaJson {
  readonly bytes: Buffer;
  /** How many of them are what the model reads, which bounds the prompt: not model, settings and options. */
  readonly promptBytes: number;
}

/** What {@link writeOllamaJson} sets beside what the client asked for. */
export interface OllamaLimits {
  /** Undefined with embeddings, which do not generate. */
  readonly generated?: { readonly num_predict: number; readonly seed: number } | undefined;
}

/** The request of a job for the model. The one place where Ollama's own names of its members are. */
export function writeOllamaJson(
  request: InferenceRequest,
  entry: CatalogueEntry,
  { generated }: OllamaLimits,
): OllamaJson {
  // The context is the workers', for every request the same: another one would make an Ollama load its model anew.
  const options = { ...request.options, num_ctx: undefined, ...generated };
  const settings = { model: entry.name, ...settingsOf(request, entry), options };
  const bytes = Buffer.from(JSON.stringify({ ...promptOf(request), ...settings }));
  return { bytes, promptBytes: bytes.length - Buffer.byteLength(JSON.stringify(settings)) };
}

/** The members that the model reads. */
function promptOf(request: InferenceRequest): JsonObject {
  switch (request.operation) {
    case Operation.CHAT:
      return { messages: request.messages.map(messageOf), tools: request.tools };
    case Operation.GENERATE: {
      const { prompt, suffix, system, template, images } = request;
      return { prompt, suffix, system, template, images };
    }
    case Operation.EMBED:
      return { input: request.input };
  }
}

function messageOf(message: ChatMessage): JsonObject {
  return {
    role: message.role,
    content: message.content,
    thinking: message.thinking,
    images: message.images,
    tool_calls: message.toolCalls,
    tool_name: message.toolName,
    tool_call_id: message.toolCallId,
  };
}

/** The members that say how. */
function settingsOf(request: InferenceRequest, entry: CatalogueEntry): JsonObject {
  switch (request.operation) {
    case Operation.CHAT:
      return textSettingsOf(request, entry);
    case Operation.GENERATE:
      return { ...textSettingsOf(request, entry), raw: request.raw };
    case Operation.EMBED:
      return { truncate: request.truncate, dimensions: request.dimensions };
  }
}

function textSettingsOf(request: TextRequest, entry: CatalogueEntry): JsonObject {
  return {
    truncate: request.truncate,
    shift: request.shift,
    logprobs: request.logprobs,
    top_logprobs: request.logprobs ? request.topLogprobs : undefined,
    format: request.format,
    think: thinkOf(request, entry),
  };
}

/** `think: false` means nothing to a model that cannot think, and old Ollamas refuse the field there. */
function thinkOf({ thinking }: TextRequest, entry: CatalogueEntry): Thinking | undefined {
  return entry.capabilities.includes("thinking") ? thinking : thinking || undefined;
}
