import type { AnswerPiece } from "../../answers/answer-piece.js";
import { ToolCallIds } from "../../answers/tool-call-ids.js";
import { SSE_HEADERS, sseEvent } from "../../http/sse.js";
import type { ToolCall } from "../../inference/inference-request.js";
import type { PublicError } from "../../public-error.js";
import type { ToldStory } from "../../stories/job-story.js";
import { flockMember, flockMembers } from "../../stories/story-member.js";
import type { TextFormat } from "../answer-text.js";
import { type AnswerHead, answerHead, beginningOf, sourceOf } from "./answer-head.js";
import { streamErrorBody } from "./error-body.js";
import { openAiLogprobs } from "./logprobs.js";
import { toolCallJson } from "./tool-call-json.js";
import { type TextResult, usageOf } from "./usage.js";

const NOTHING: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };

/**
 * Writes answers of a chat as OpenAI does: events, or one object. Built from strings, not objects: an event is made for
 * every token of every client. What it remembers is whether it has begun and how many tools were called, both of pieces
 * that were sent: pieces come once and in order, however many workers the answer took.
 */
export class ChatFormat implements TextFormat {
  readonly headers = SSE_HEADERS;
  readonly #head: AnswerHead;
  readonly #chunkHead: string;
  readonly #includesUsage: boolean;
  readonly #toolCallIds = new ToolCallIds();
  #hasBegun = false;
  #toolCalls = 0;

  /** `requestedModel` is echoed as the client wrote it. */
  constructor(requestId: string, requestedModel: string, includesUsage: boolean) {
    this.#head = answerHead("chatcmpl", requestId, requestedModel);
    this.#chunkHead = `${beginningOf(this.#head, "chat.completion.chunk")},${sourceOf(this.#head)}`;
    this.#includesUsage = includesUsage;
  }

  piece(piece: AnswerPiece): string {
    const { text, thinking, toolCalls } = piece;
    if (thinking === "" || (text === "" && toolCalls.length === 0)) return this.#delta(piece);
    // They never share a delta: some clients take one with both for thinking alone.
    return this.#delta({ ...NOTHING, thinking }) + this.#delta({ ...piece, thinking: "" });
  }

  end(result: TextResult, story?: ToldStory): string {
    // An answer of nothing, too, says whose it is.
    const beginning = this.#hasBegun ? "" : this.#delta(NOTHING);
    const reason = finishReason(result, this.#toolCalls > 0);
    const usage = this.#includesUsage ? this.#chunk(`"choices":[],"usage":${usageOf(result)}`) : "";
    const last = `"choices":[{"index":0,"delta":{},"finish_reason":"${reason}"}]${flockMember(story)}`;
    return beginning + this.#chunk(last) + usage + sseEvent("[DONE]");
  }

  /** Nothing follows: without a reason to finish and `[DONE]`, no client takes the answer for whole. */
  error(error: PublicError, story?: ToldStory): string {
    return sseEvent(JSON.stringify({ ...streamErrorBody(error), ...flockMembers(story) }));
  }

  whole(answer: AnswerPiece & { readonly result: TextResult }): string {
    const head = `${beginningOf(this.#head, "chat.completion")},${sourceOf(this.#head)}`;
    const message = `{"role":"assistant",${this.#members(answer)}}`;
    const reason = finishReason(answer.result, answer.toolCalls.length > 0);
    return (
      `{${head},"choices":[{"index":0,"message":${message},"finish_reason":"${reason}"` +
      `${logprobsMember(answer)}}],"usage":${usageOf(answer.result)}}`
    );
  }

  #delta(piece: AnswerPiece): string {
    const role = this.#hasBegun ? "" : '"role":"assistant",';
    this.#hasBegun = true;
    return this.#choice(
      `"delta":{${role}${this.#members(piece)}},"finish_reason":null${logprobsMember(piece)}`,
    );
  }

  #choice(members: string): string {
    return this.#chunk(`"choices":[{"index":0,${members}}]`);
  }

  #chunk(members: string): string {
    return sseEvent(`{${this.#chunkHead},${members}}`);
  }

  #members({ text, thinking, toolCalls }: Pick<AnswerPiece, "text" | "thinking" | "toolCalls">): string {
    const reasoning = thinking === "" ? "" : `,"reasoning":${JSON.stringify(thinking)}`;
    const calls = toolCalls.length === 0 ? "" : `,"tool_calls":[${this.#calls(toolCalls)}]`;
    return `"content":${JSON.stringify(text)}${reasoning}${calls}`;
  }

  /** Counted over the whole answer: clients put together what has the same index. */
  #calls(toolCalls: readonly ToolCall[]): string {
    return toolCalls
      .map((call) => toolCallJson(call, this.#toolCallIds.of(call), this.#toolCalls++))
      .join(",");
  }
}

function finishReason({ doneReason }: TextResult, hasToolCalls: boolean): "stop" | "length" | "tool_calls" {
  if (doneReason === "length") return "length";
  return hasToolCalls ? "tool_calls" : "stop";
}

function logprobsMember({ logprobs }: Pick<AnswerPiece, "logprobs">): string {
  if (logprobs.length === 0) return "";
  return `,"logprobs":${JSON.stringify({ content: openAiLogprobs(logprobs) })}`;
}
