import { FlockError } from "@flock/errors";
import type { ChatMessage } from "../model/chat-template.js";
import { withTag } from "../model/loaded-model.js";
import type { OutputFormat } from "../sampling/grammar.js";
import { Fields, isJsonObject, type JsonObject } from "./fields.js";
import { asksToUnload } from "./keep-alive.js";
import { type RunOptions, readOptions } from "./options.js";

/** What requests are checked against. */
export interface ServedModel {
  /** With tag. */
  readonly name: string;
  readonly contextTokens: number;
}

/** What generate and chat have in common, validated. */
export interface RunRequest {
  /** As the client wrote it; echoed. */
  readonly model: string;
  readonly isStreamed: boolean;
  readonly format: OutputFormat | undefined;
  readonly options: RunOptions;
  readonly mayTruncate: boolean;
  /** undefined: no log probabilities. */
  readonly topLogprobs: number | undefined;
  /** `keep_alive: 0`. */
  readonly isUnload: boolean;
  /** Ollama's undocumented `_debug_render_only`: answer with the rendered prompt instead of generating. */
  readonly isRenderOnly: boolean;
}

export interface GenerateRequest extends RunRequest {
  readonly prompt: string;
  readonly system: string | undefined;
  readonly isRaw: boolean;
}

export interface ChatRequest extends RunRequest {
  readonly messages: readonly ChatMessage[];
}

const MODEL_NAME_CHARACTERS_MAX = 300;
const TOP_LOGPROBS_MAX = 20;
const THINK_LEVELS = ["low", "medium", "high", "max"];

/** `model` (or its old alias `name`) as written, if it names the served one. Throws `invalid_argument`, `not_found`. */
export function readModelName(fields: Fields, served: ServedModel): string {
  const requested = fields.string("model") || fields.string("name");
  if (requested === undefined || requested === "")
    throw new FlockError("invalid_argument", "model is required");
  if (requested.length > MODEL_NAME_CHARACTERS_MAX)
    throw new FlockError("invalid_argument", "invalid model name");
  // Ollama takes names without regard to case, and the network asks in lower case.
  if (withTag(requested).toLowerCase() !== served.name.toLowerCase())
    throw new FlockError("not_found", `model '${requested}' not found`);
  return requested;
}

/** Throws `invalid_argument` naming the field, `not_found` for another model. */
export function readGenerateRequest(body: JsonObject, served: ServedModel): GenerateRequest {
  const fields = new Fields(body);
  const run = readRun(fields, served);
  const isRaw = fields.boolean("raw") ?? false;
  const system = fields.string("system");
  const template = fields.string("template");
  if (fields.string("suffix")) throw lacks(run.model, "insert");
  if (isRaw && (system || template || (fields.array("context") ?? []).length > 0)) {
    throw new FlockError("invalid_argument", "raw mode does not support template, system, or context");
  }
  if (template) throw lacks(run.model, "template overrides: it uses the Jinja template of its file");
  return { ...run, prompt: fields.string("prompt") ?? "", system, isRaw };
}

/** As {@link readGenerateRequest}. */
export function readChatRequest(body: JsonObject, served: ServedModel): ChatRequest {
  const fields = new Fields(body);
  const run = readRun(fields, served);
  if ((fields.array("tools") ?? []).length > 0) throw lacks(run.model, "tools");
  const messages = (fields.array("messages") ?? []).map((message, index) =>
    readMessage(message, index, run.model),
  );
  return { ...run, messages };
}

function readRun(fields: Fields, served: ServedModel): RunRequest {
  const model = readModelName(fields, served);
  refuseThinking(fields.raw("think"), model);
  refuseImages(fields, model);
  const topLogprobs = fields.integer("top_logprobs") ?? 0;
  if (topLogprobs < 0 || topLogprobs > TOP_LOGPROBS_MAX) {
    throw new FlockError("invalid_argument", `top_logprobs must be between 0 and ${TOP_LOGPROBS_MAX}`);
  }
  return {
    model,
    isStreamed: fields.boolean("stream") ?? true,
    format: readFormat(fields.raw("format")),
    options: readOptions(fields.object("options"), served.contextTokens),
    mayTruncate: fields.boolean("truncate") ?? true,
    topLogprobs: fields.boolean("logprobs") === true ? topLogprobs : undefined,
    isUnload: asksToUnload(fields.raw("keep_alive")),
    isRenderOnly: fields.boolean("_debug_render_only") ?? false,
  };
}

function readMessage(value: unknown, index: number, model: string): ChatMessage {
  const call = (name: string) => `"messages[${index}].${name}"`;
  if (!isJsonObject(value))
    throw new FlockError("invalid_argument", `"messages[${index}]" must be of type object`);
  const fields = new Fields(value, call);
  refuseImages(fields, model);
  // What was called is no part of what the template renders; that something was, is no reason to refuse what follows.
  fields.array("tool_calls");
  return { role: fields.string("role")?.toLowerCase() ?? "", content: fields.string("content") ?? "" };
}

function readFormat(value: unknown): OutputFormat | undefined {
  if (value === undefined || value === "") return undefined;
  if (value === "json" || isJsonObject(value)) return value;
  const written = JSON.stringify(value).slice(0, 64);
  throw new FlockError(
    "invalid_argument",
    `invalid "format": ${written}; expected "json" or a valid JSON Schema object`,
  );
}

function refuseThinking(value: unknown, model: string): void {
  if (value === undefined || value === false || value === "") return;
  if (value === true || THINK_LEVELS.includes(String(value))) throw lacks(model, "thinking");
  const expected = `must be ${THINK_LEVELS.map((level) => `"${level}"`).join(", ")}, true, or false`;
  throw new FlockError(
    "invalid_argument",
    `invalid "think" value: ${JSON.stringify(value).slice(0, 64)} (${expected})`,
  );
}

function refuseImages(fields: Fields, model: string): void {
  if ((fields.array("images") ?? []).length > 0) throw lacks(model, "vision");
}

const lacks = (model: string, capability: string) =>
  new FlockError("invalid_argument", `${JSON.stringify(model)} does not support ${capability}`);
