import type { Operation } from "@flock/proto/jobs";
import type { JsonObject } from "../json-object.js";
import type { Base64Image } from "./images.js";
import type { ModelOptions, SamplingOptions } from "./model-options.js";

/**
 * What a client asks of a model, whatever dialect or transport it came by. A front reads its own form into this, and
 * nothing behind it knows of fronts; what a worker gets of it is written in `ollama-json.ts` alone. Whether the model
 * can do it is asked when it is submitted.
 *
 * Not in it, because no worker is told: `keep_alive` (how long a model stays loaded is the workers' business) and
 * `context` (tokens of one model at one worker: another could not go on from them).
 */
export type InferenceRequest = ChatRequest | CompletionRequest | EmbedRequest;

/** What the model answers to a conversation. */
export interface ChatRequest extends TextRequest {
  readonly operation: Operation.CHAT;
  /** At least one. */
  readonly messages: readonly ChatMessage[];
  /** None or at least one. */
  readonly tools?: readonly Tool[] | undefined;
}

/** How the model goes on from a text. */
export interface CompletionRequest extends TextRequest {
  readonly operation: Operation.GENERATE;
  /** Not empty. */
  readonly prompt: string;
  /** What comes behind the text that is asked for. Not empty. */
  readonly suffix?: string | undefined;
  /** Instead of the model's own; may be empty. */
  readonly system?: string | undefined;
  /** Likewise. */
  readonly template?: string | undefined;
  readonly images?: readonly Base64Image[] | undefined;
  /** The prompt is given to the model as it is, without a template. */
  readonly raw?: boolean | undefined;
}

/** A vector for each input. */
export interface EmbedRequest extends ModelRequest {
  readonly operation: Operation.EMBED;
  /** At least one. */
  readonly input: readonly string[];
  /** Cut what is too long instead of failing; unset: the engine decides. */
  readonly truncate?: boolean | undefined;
  /** Of the vectors, a whole number above 0; unset: all that they have. */
  readonly dimensions?: number | undefined;
  readonly options: ModelOptions;
}

interface ModelRequest {
  /** As the client wrote it: refusals say it like that. */
  readonly model: string;
}

/** What chat and completion have in common. */
export interface TextRequest extends ModelRequest {
  readonly options: SamplingOptions;
  /** Whether the client reads piece by piece. */
  readonly isStreamed: boolean;
  /** JSON mode, or a JSON schema that the answer has to fit. */
  readonly format?: "json" | JsonObject | undefined;
  /** Unset: as the model is used to. */
  readonly thinking?: Thinking | undefined;
  /** A model that cannot think is not told `thinking`, instead of being refused for it. */
  readonly thinksIfAble?: boolean | undefined;
  readonly logprobs?: boolean | undefined;
  /** With `logprobs`; see `topLogprobs`. */
  readonly topLogprobs?: number | undefined;
  /** Cut a prompt that is too long instead of failing; unset: the engine decides. */
  readonly truncate?: boolean | undefined;
  /** Drop the oldest text when the context is full instead of ending; unset: the engine decides. */
  readonly shift?: boolean | undefined;
}

export const THINKING_LEVELS = ["high", "medium", "low", "max"] as const;

/** Whether a model thinks before it answers, or how much. */
export type Thinking = boolean | (typeof THINKING_LEVELS)[number];

/** A turn of a conversation. */
export interface ChatMessage {
  /** Lower case. Any, also none: templates know what to do with a role or not. See `messageRole`. */
  readonly role: string;
  readonly content: string;
  readonly thinking?: string | undefined;
  /** None or at least one. */
  readonly images?: readonly Base64Image[] | undefined;
  /** What the model called in this turn; none or at least one. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  /** Of a tool's answer: which tool, and which call. */
  readonly toolName?: string | undefined;
  readonly toolCallId?: string | undefined;
}

/** What the model may call. */
export interface Tool {
  /** `function`, as a rule. */
  readonly type: string;
  /** `name`, `description`, `parameters` (a JSON schema), …: goes to the model as it is. See `requireReadable`. */
  readonly function?: JsonObject | undefined;
}

/** A call that the model wants made: `arguments` is an object. */
export interface ToolCall {
  readonly id?: string | undefined;
  readonly function: {
    readonly index?: number | undefined;
    readonly name: string;
    readonly arguments: JsonObject;
  };
}
