import { FlockError } from "@flock/errors";
import type { CatalogueEntry } from "@flock/proto";
import type { ModelOptions } from "../../inference/inference-request.js";
import type { JsonObject } from "../../json-object.js";
import { requireCapability } from "./capabilities.js";
import { defined, type Fields } from "./fields.js";
import { isKeepAliveZero } from "./keep-alive.js";
import { readFormat } from "./messages.js";
import { readOptions, requireSamplable } from "./options.js";

const THINK_LEVELS: readonly string[] = ["high", "medium", "low", "max"];
/** In Ollama's words. */
const THINK_VALUES = `${THINK_LEVELS.map((level) => `"${level}"`).join(", ")}, true, or false`;
const THINK_TOLD_LENGTH_MAX = 100;
const TOP_LOGPROBS_MAX = 20;

type Think = boolean | string;

/** What `/api/generate` and `/api/chat` have in common. */
export interface TextSettings {
  readonly model: string;
  /** Default true. */
  readonly isStreamed: boolean;
  readonly options: ModelOptions;
  readonly format: "json" | JsonObject | undefined;
  readonly think: Think | undefined;
  /** `keep_alive` 0: a request without a prompt asks to unload the model. */
  readonly isUnload: boolean;
  /** Members that go to the worker as they are. */
  readonly passed: JsonObject;
}

/** Reads the common fields. Needs no catalogue: types are checked before anything is looked up. */
export function readTextSettings(request: Fields): TextSettings {
  const topLogprobs = request.number("top_logprobs");
  const isCount =
    topLogprobs === undefined ||
    (Number.isInteger(topLogprobs) && topLogprobs >= 0 && topLogprobs <= TOP_LOGPROBS_MAX);
  if (!isCount)
    throw new FlockError("invalid_argument", `top_logprobs must be between 0 and ${TOP_LOGPROBS_MAX}`);
  const logprobs = request.boolean("logprobs");
  const options = readOptions(request);
  requireSamplable(options);
  return {
    model: request.string("model") ?? "",
    isStreamed: request.boolean("stream") ?? true,
    options,
    format: readFormat(request),
    think: readThink(request),
    isUnload: isKeepAliveZero(request),
    passed: defined({
      truncate: request.boolean("truncate"),
      shift: request.boolean("shift"),
      logprobs,
      top_logprobs: logprobs ? topLogprobs : undefined,
    }),
  };
}

function readThink(request: Fields): Think | undefined {
  const think = request.raw("think");
  if (think === undefined || typeof think === "boolean") return think;
  if (typeof think !== "string")
    throw new FlockError("invalid_argument", `think must be a boolean or string (${THINK_VALUES})`);
  if (THINK_LEVELS.includes(think)) return think;
  const told = JSON.stringify(think.slice(0, THINK_TOLD_LENGTH_MAX));
  throw new FlockError("invalid_argument", `invalid think value: ${told} (must be ${THINK_VALUES})`);
}

/** The members that say how, for a model that can; throws `invalid_argument` if it cannot. */
export function settingsFor(entry: CatalogueEntry, settings: TextSettings): JsonObject {
  if (settings.think !== undefined && settings.think !== false)
    requireCapability(entry, settings.model, "thinking");
  // `think: false` means nothing to a model that cannot think, and old Ollamas refuse the field there.
  const think = entry.capabilities.includes("thinking") ? settings.think : settings.think || undefined;
  return defined({ ...settings.passed, format: settings.format, think });
}

/**
 * How the answer goes on if its worker is lost: text in a form of its own (JSON, tool calls, thinking, which parsers
 * take apart) cannot be continued in the middle and is generated again with the same seed.
 */
export function resumeModeOf(
  entry: CatalogueEntry,
  settings: TextSettings,
  hasTools: boolean,
): "continue" | "replay" {
  const thinks = entry.capabilities.includes("thinking") ? settings.think !== false : Boolean(settings.think);
  return settings.format !== undefined || hasTools || thinks ? "replay" : "continue";
}
