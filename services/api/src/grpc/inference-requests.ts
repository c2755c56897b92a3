import { FlockError } from "@flock/errors";
import { Operation } from "@flock/proto/jobs";
import {
  type ChatRequest as ChatMessage,
  type EmbedRequest as EmbedMessage,
  type GenerateRequest as GenerateMessage,
  type Message,
  type Options,
  Thinking as ThinkingMessage,
  type Tool as ToolMessage,
} from "@flock/proto/public";
import { imageOf } from "../inference/images.js";
import type {
  ChatRequest,
  CompletionRequest,
  EmbedRequest,
  ChatMessage as InferenceMessage,
  TextRequest,
  Thinking,
  Tool,
  ToolCall,
} from "../inference/inference-request.js";
import { modelOptions, samplingOptions } from "../inference/model-options.js";
import { messageRole, topLogprobs } from "../inference/text-bounds.js";
import { requireReadable } from "../inference/tool-schema.js";
import { Fields } from "../json-fields.js";
import type { JsonObject } from "../json-object.js";
import { JsonTexts } from "../json-text.js";

/* Reads the messages of the public contract into the one form of requests that all fronts have in common. */

/** @throws FlockError `invalid_argument` that names the field. */
export function chatRequestOf(asked: ChatMessage): ChatRequest {
  const texts = new JsonTexts();
  if (asked.messages.length === 0) throw missing("messages", "at least one message");
  return {
    operation: Operation.CHAT,
    ...textRequestOf(asked, texts),
    messages: asked.messages.map((message, index) => messageOf(message, `messages[${index}]`, texts)),
    tools: listed(asked.tools.map((tool, index) => toolOf(tool, `tools[${index}]`, texts))),
  };
}

/** @throws FlockError `invalid_argument` that names the field. */
export function completionRequestOf(asked: GenerateMessage): CompletionRequest {
  if (asked.prompt === "") throw missing("prompt", "a text");
  const { raw, system, template } = asked;
  if (raw && (system || template))
    throw new FlockError("invalid_argument", "raw mode does not support template or system", {
      details: { field: "raw" },
    });
  return {
    operation: Operation.GENERATE,
    ...textRequestOf(asked, new JsonTexts()),
    prompt: asked.prompt,
    suffix: asked.suffix || undefined,
    system,
    template,
    images: imagesOf(asked.images, ""),
    raw: raw || undefined,
  };
}

/** @throws FlockError `invalid_argument` that names the field. */
export function embedRequestOf(asked: EmbedMessage): EmbedRequest {
  if (asked.input.length === 0) throw missing("input", "at least one text");
  return {
    operation: Operation.EMBED,
    model: asked.model,
    input: asked.input,
    truncate: asked.truncate,
    dimensions: asked.dimensions || undefined,
    options: modelOptions(optionsOf(asked.options)),
  };
}

type TextMessage = Pick<
  ChatMessage & GenerateMessage,
  "model" | "options" | "format" | "thinking" | "logprobs" | "topLogprobs" | "truncate" | "whole"
>;

function textRequestOf(asked: TextMessage, texts: JsonTexts): TextRequest {
  return {
    model: asked.model,
    options: samplingOptions(optionsOf(asked.options)),
    isStreamed: !asked.whole,
    format: formatOf(asked, texts),
    thinking: thinkingOf(asked),
    logprobs: asked.logprobs || undefined,
    topLogprobs: asked.topLogprobs === 0 ? undefined : topLogprobs(asked.topLogprobs),
    truncate: asked.truncate,
  };
}

/** By Ollama's names. A message can hold numbers that JSON cannot: those are no numbers here. */
function optionsOf(given: Options | undefined): JsonObject {
  if (given === undefined) return {};
  const options = {
    num_predict: given.numPredict,
    num_keep: given.numKeep,
    seed: given.seed === undefined ? undefined : Number(given.seed),
    top_k: given.topK,
    repeat_last_n: given.repeatLastN,
    temperature: given.temperature,
    top_p: given.topP,
    min_p: given.minP,
    typical_p: given.typicalP,
    repeat_penalty: given.repeatPenalty,
    presence_penalty: given.presencePenalty,
    frequency_penalty: given.frequencyPenalty,
    stop: listed(given.stop),
  };
  for (const [name, value] of Object.entries(options)) {
    if (typeof value === "number" && !Number.isFinite(value))
      throw new FlockError("invalid_argument", `option "${name}" must be a finite number`, {
        details: { field: `options.${name}` },
      });
  }
  return options;
}

function formatOf({ format }: TextMessage, texts: JsonTexts): "json" | JsonObject | undefined {
  if (format === undefined) return undefined;
  if (format.$case === "json") return format.value ? "json" : undefined;
  return texts.object(format.value, "json_schema");
}

const THINKING: Readonly<Record<ThinkingMessage, Thinking | undefined>> = {
  [ThinkingMessage.UNSPECIFIED]: undefined,
  [ThinkingMessage.OFF]: false,
  [ThinkingMessage.ON]: true,
  [ThinkingMessage.LOW]: "low",
  [ThinkingMessage.MEDIUM]: "medium",
  [ThinkingMessage.HIGH]: "high",
  [ThinkingMessage.MAX]: "max",
};

function thinkingOf({ thinking }: TextMessage): Thinking | undefined {
  if (Object.hasOwn(THINKING, thinking)) return THINKING[thinking];
  throw new FlockError("invalid_argument", `thinking ${thinking} is not known here`, {
    details: { field: "thinking" },
  });
}

function messageOf(message: Message, field: string, texts: JsonTexts): InferenceMessage {
  return {
    role: messageRole(message.role, `${field}.role`),
    content: message.content,
    thinking: message.thinking || undefined,
    images: imagesOf(message.images, `${field}.`),
    toolCalls: listed(
      message.toolCalls.map((call, index) => callOf(call, `${field}.tool_calls[${index}]`, texts)),
    ),
    toolName: message.toolName || undefined,
    toolCallId: message.toolCallId || undefined,
  };
}

function callOf(call: Message["toolCalls"][number], field: string, texts: JsonTexts): ToolCall {
  const given = call.argumentsJson === "" ? {} : texts.object(call.argumentsJson, `${field}.arguments_json`);
  return { id: call.id || undefined, function: { index: call.index, name: call.name, arguments: given } };
}

function toolOf(tool: ToolMessage, field: string, texts: JsonTexts): Tool {
  const parameters =
    tool.parametersJson === "" ? undefined : texts.object(tool.parametersJson, `${field}.parameters_json`);
  const described = { name: tool.name, description: tool.description || undefined, parameters };
  requireReadable(new Fields(described, `${field}.`));
  return { type: "function", function: described };
}

function imagesOf(images: readonly Uint8Array[], prefix: string) {
  return listed(images.map((image, index) => imageOf(image, `${prefix}images[${index}]`)));
}

/** A list that has something in it. */
function listed<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function missing(field: string, what: string): FlockError {
  return new FlockError("invalid_argument", `field "${field}" needs ${what}`, { details: { field } });
}
