import { FlockError } from "@flock/errors";
import type { ChatMessage } from "../model/chat-template.js";
import type { OutputFormat } from "../sampling/grammar.js";
import { Fields, isJsonObject, type JsonObject } from "./fields.js";
import { asksToUnload } from "./keep-alive.js";
import { readMessage } from "./messages.js";
import {
  CHAT_NAMES,
  GENERATE_NAMES,
  type NameErrors,
  readModelName,
  type ServedModel,
} from "./model-name.js";
import { type RunOptions, readOptions } from "./options.js";

/** What generate and chat have in common, validated. */
export interface RunRequest {
  /** As the client wrote it; echoed. */
  readonly model: string;
  readonly isStreamed: boolean;
  readonly format: OutputFormat | undefined;
  /**
   * The engine's own `_format_begun`: output in that format with which the raw prompt ends, and which is gone on with.
   */
  readonly formatBegun: string | undefined;
  readonly options: RunOptions;
  readonly mayTruncate: boolean;
  readonly mayShift: boolean;
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

const TOP_LOGPROBS_MAX = 20;
const THINK_LEVELS = ["high", "medium", "low", "max"];

/** Throws `invalid_argument` naming the field, `not_found` for another model. */
export function readGenerateRequest(body: JsonObject, served: ServedModel): GenerateRequest {
  const fields = new Fields(body);
  const run = readRun(fields, served, GENERATE_NAMES);
  const isRaw = fields.boolean("raw") ?? false;
  const system = fields.string("system");
  const template = fields.string("template");
  if (fields.string("suffix")) throw lacks(run.model, "insert");
  if (isRaw && (system || template || (fields.array("context") ?? []).length > 0)) {
    throw new FlockError("invalid_argument", "raw mode does not support template, system, or context");
  }
  const { formatBegun = "" } = run;
  if (formatBegun !== "" && !(isRaw && fields.string("prompt")?.endsWith(formatBegun)))
    throw new FlockError("invalid_argument", "_format_begun must be what a raw prompt ends with");
  if (template) throw lacks(run.model, "template overrides: it uses the Jinja template of its file");
  return { ...run, prompt: fields.string("prompt") ?? "", system, isRaw };
}

/** As {@link readGenerateRequest}. */
export function readChatRequest(body: JsonObject, served: ServedModel): ChatRequest {
  const fields = new Fields(body);
  const run = readRun(fields, served, CHAT_NAMES);
  if ((fields.array("tools") ?? []).length > 0) throw lacks(run.model, "tools");
  const messages = (fields.array("messages") ?? []).map((message, index) =>
    readMessage(message, index, (inMessage) => refuseImages(inMessage, run.model)),
  );
  return { ...run, messages };
}

function readRun(fields: Fields, served: ServedModel, names: NameErrors): RunRequest {
  const topLogprobs = fields.wholeNumber("top_logprobs") ?? 0;
  if (topLogprobs < 0 || topLogprobs > TOP_LOGPROBS_MAX) {
    throw new FlockError("invalid_argument", `top_logprobs must be between 0 and ${TOP_LOGPROBS_MAX}`);
  }
  const model = readModelName(fields, served, names);
  refuseThinking(fields.raw("think"), model);
  refuseImages(fields, model);
  return {
    model,
    isStreamed: fields.boolean("stream") ?? true,
    format: readFormat(fields.raw("format")),
    formatBegun: fields.string("_format_begun"),
    options: readOptions(fields.object("options"), served.contextTokens),
    mayTruncate: fields.boolean("truncate") ?? true,
    mayShift: fields.boolean("shift") ?? true,
    topLogprobs: fields.boolean("logprobs") === true ? topLogprobs : undefined,
    isUnload: asksToUnload(fields.raw("keep_alive")),
    isRenderOnly: fields.boolean("_debug_render_only") ?? false,
  };
}

function readFormat(value: unknown): OutputFormat | undefined {
  if (value === undefined || value === "") return undefined;
  if (value === "json" || isJsonObject(value)) return value;
  const written = JSON.stringify(JSON.stringify(value).slice(0, 64));
  throw new FlockError(
    "invalid_argument",
    `invalid format: ${written}; expected "json" or a valid JSON Schema object`,
  );
}

function refuseThinking(value: unknown, model: string): void {
  if (value === undefined || value === false || value === "") return;
  const levels = THINK_LEVELS.map((level) => `"${level}"`).join(", ");
  if (value !== true && typeof value !== "string")
    throw new FlockError("invalid_argument", `think must be a boolean or string (${levels}, true, or false)`);
  if (value === true || THINK_LEVELS.includes(value)) throw lacks(model, "thinking");
  const written = JSON.stringify(value.slice(0, 64));
  throw new FlockError(
    "invalid_argument",
    `invalid think value: ${written} (must be ${levels}, true, or false)`,
  );
}

function refuseImages(fields: Fields, model: string): void {
  if ((fields.array("images") ?? []).length > 0) throw lacks(model, "vision");
}

const lacks = (model: string, capability: string) =>
  new FlockError("invalid_argument", `${JSON.stringify(model)} does not support ${capability}`);
