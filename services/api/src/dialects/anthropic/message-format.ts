import type { JobResult } from "@flock/jobs";
import type { AnswerPiece } from "../../answers/answer-piece.js";
import type { CollectedAnswer } from "../../answers/collected-answer.js";
import { ToolCallIds } from "../../answers/tool-call-ids.js";
import { SSE_HEADERS, sseEvent } from "../../http/sse.js";
import type { ToolCall } from "../../inference/inference-request.js";
import type { PublicError } from "../../public-error.js";
import type { ToldStory } from "../../stories/job-story.js";
import { flockMembers } from "../../stories/story-member.js";
import type { TextFormat } from "../answer-text.js";
import { errorEvent } from "./error-body.js";

/** What an answer tells of its request. */
export interface AnsweredMessage {
  readonly requestId: string;
  /** As the client wrote it. */
  readonly model: string;
  /** Told while the engine has not counted. */
  readonly inputTokensEstimate: number;
}

/** Blocks that grow piece by piece. Nothing is signed here: what a client sends back is taken as it is. */
const GROWING_BLOCKS = {
  text: { type: "text", text: "" },
  thinking: { type: "thinking", thinking: "", signature: "" },
} as const;

/**
 * Writes answers as Anthropic does: one message, or events of which each opens, fills or closes one block, so that at
 * most one is open at a time. A text delta is made for every token of every client, and built from strings.
 */
export class MessageFormat implements TextFormat {
  readonly headers = SSE_HEADERS;
  readonly #request: AnsweredMessage;
  readonly #toolCallIds = new ToolCallIds();
  #hasBegun = false;
  /** Of the block that is open, or comes next. */
  #index = 0;
  #open: keyof typeof GROWING_BLOCKS | undefined;
  /** Of a delta of the open block, up to its text. */
  #deltaHead = "";
  #hasCalledTools = false;

  constructor(request: AnsweredMessage) {
    this.#request = request;
  }

  piece({ thinking, text, toolCalls }: AnswerPiece): string {
    let events = this.#begin();
    if (thinking !== "") events += this.#delta("thinking", thinking);
    if (text !== "") events += this.#delta("text", text);
    for (const call of toolCalls) events += this.#toolUse(call);
    return events;
  }

  end(result: JobResult, story?: ToldStory): string {
    const stopReason = stopReasonOf(result, this.#hasCalledTools);
    return (
      this.#begin() +
      this.#close() +
      event("message_delta", {
        delta: { stop_reason: stopReason, stop_sequence: null },
        usage: usageOf(result),
        ...flockMembers(story),
      }) +
      event("message_stop", {})
    );
  }

  /** Anthropic's client throws all of an error's event as its message: so the story is in an event before it. */
  error(error: PublicError, story?: ToldStory): string {
    const told = story === undefined ? "" : event("ping", flockMembers(story));
    return told + errorEvent(error, this.#request.requestId);
  }

  whole({ thinking, text, toolCalls, result }: CollectedAnswer): string {
    const content = [
      ...(thinking === "" ? [] : [{ ...GROWING_BLOCKS.thinking, thinking }]),
      ...(text === "" ? [] : [{ ...GROWING_BLOCKS.text, text }]),
      ...toolCalls.map((call) => ({ ...this.#toolUseBlock(call), input: call.function.arguments })),
    ];
    return JSON.stringify(
      this.#message(content, stopReasonOf(result, toolCalls.length > 0), usageOf(result)),
    );
  }

  #begin(): string {
    if (this.#hasBegun) return "";
    this.#hasBegun = true;
    const usage = { input_tokens: this.#request.inputTokensEstimate, output_tokens: 0 };
    return event("message_start", { message: this.#message([], null, usage) });
  }

  #message(content: readonly object[], stopReason: string | null, usage: object): object {
    return {
      id: `msg_${this.#request.requestId.replaceAll("-", "")}`,
      type: "message",
      role: "assistant",
      model: this.#request.model,
      content,
      stop_reason: stopReason,
      // Engines do not tell which one it was.
      stop_sequence: null,
      usage,
    };
  }

  #delta(block: keyof typeof GROWING_BLOCKS, text: string): string {
    const opening = this.#open === block ? "" : this.#close() + this.#start(block);
    return opening + sseEvent(`${this.#deltaHead}${JSON.stringify(text)}}}`, "content_block_delta");
  }

  #start(block: keyof typeof GROWING_BLOCKS): string {
    this.#open = block;
    this.#deltaHead =
      `{"type":"content_block_delta","index":${this.#index}` +
      `,"delta":{"type":"${block}_delta","${block}":`;
    return event("content_block_start", { index: this.#index, content_block: GROWING_BLOCKS[block] });
  }

  #close(): string {
    if (this.#open === undefined) return "";
    this.#open = undefined;
    return this.#stop();
  }

  #stop(): string {
    const stopped = event("content_block_stop", { index: this.#index });
    this.#index += 1;
    return stopped;
  }

  #toolUse(call: ToolCall): string {
    this.#hasCalledTools = true;
    const closed = this.#close();
    const index = this.#index;
    const delta = { type: "input_json_delta", partial_json: JSON.stringify(call.function.arguments) };
    return (
      closed +
      event("content_block_start", { index, content_block: { ...this.#toolUseBlock(call), input: {} } }) +
      event("content_block_delta", { index, delta }) +
      this.#stop()
    );
  }

  #toolUseBlock(call: ToolCall): object {
    return { type: "tool_use", id: this.#toolCallIds.of(call), name: call.function.name };
  }
}

function event(type: string, members: object): string {
  return sseEvent(JSON.stringify({ type, ...members }), type);
}

function stopReasonOf({ doneReason }: JobResult, hasCalledTools: boolean): string {
  if (hasCalledTools) return "tool_use";
  return doneReason === "length" ? "max_tokens" : "end_turn";
}

function usageOf({ promptTokens, completionTokens, completionTokensBound }: JobResult): object {
  return {
    input_tokens: promptTokens,
    output_tokens: completionTokens,
    // Not Anthropic's: it says so where a count is not the engine's own.
    ...(completionTokensBound === "exact" ? {} : { output_tokens_bound: completionTokensBound }),
  };
}
