import type { AnswerPiece } from "../../answers/answer-piece.js";
import type { CollectedAnswer } from "../../answers/collected-answer.js";
import { ToolCallIds } from "../../answers/tool-call-ids.js";
import { SSE_HEADERS, sseEvent } from "../../http/sse.js";
import type { ToolCall } from "../../inference/inference-request.js";
import type { PublicError } from "../../public-error.js";
import type { ToldStory } from "../../stories/job-story.js";
import { flockMembers } from "../../stories/story-member.js";
import type { TextFormat } from "../answer-text.js";
import { streamErrorBody } from "../openai/error-body.js";
import {
  callItem,
  type Ending,
  endedState,
  type ItemStatus,
  itemId,
  messageItem,
  type ResponseHead,
  type ResponseState,
  reasoningItem,
  responseObject,
  summaryPart,
  textPart,
} from "./response-object.js";

/** An item that grows piece by piece. */
interface OpenItem {
  readonly kind: "message" | "reasoning";
  readonly id: string;
  text: string;
  /** Of a delta, up to its text. */
  readonly deltaHead: string;
}

/**
 * Writes answers as OpenAI's Responses API does: one object, or numbered events in which one item after the other
 * opens, grows and closes. A text delta is made for every token of every client, and built from strings.
 */
export class ResponseFormat implements TextFormat {
  readonly headers = SSE_HEADERS;
  readonly #head: ResponseHead;
  readonly #callIds = new ToolCallIds();
  /** Items that are closed. */
  readonly #output: object[] = [];
  #open: OpenItem | undefined;
  #sequence = 0;

  constructor(head: ResponseHead) {
    this.#head = head;
  }

  piece({ thinking, text, toolCalls }: AnswerPiece): string {
    let events = this.#begin();
    if (thinking !== "") events += this.#delta("reasoning", thinking);
    if (text !== "") events += this.#delta("message", text);
    for (const call of toolCalls) events += this.#call(call);
    return events;
  }

  end(ending: Ending, story?: ToldStory): string {
    const state = endedState(ending);
    const status = state.status === "incomplete" ? "incomplete" : "completed";
    let events = this.#begin();
    // As a whole answer has it: there is at least one item.
    if (this.#open === undefined && this.#output.length === 0) events += this.#start("message");
    events += this.#close(status);
    return events + this.#last(state, story);
  }

  error(error: PublicError, story?: ToldStory): string {
    const { code, message } = streamErrorBody(error).error;
    return this.#last({ status: "failed", error: { code: code ?? "server_error", message } }, story);
  }

  whole({ thinking, text, toolCalls, result }: Omit<CollectedAnswer, "result"> & { result: Ending }): string {
    const state = endedState(result);
    const output = this.#output;
    if (thinking !== "") output.push(reasoningItem(this.#nextId("rs"), thinking));
    if (text !== "" || output.length + toolCalls.length === 0) {
      const isCut = state.status === "incomplete" && toolCalls.length === 0;
      const status = isCut ? "incomplete" : "completed";
      output.push(messageItem(this.#nextId("msg"), status, [textPart(text)]));
    }
    for (const call of toolCalls) output.push(this.#calledItem(call));
    return JSON.stringify(this.#response(state));
  }

  #last(state: ResponseState, story: ToldStory | undefined): string {
    const response = { ...this.#response(state), ...flockMembers(story) };
    return this.#event(`response.${state.status}`, { response });
  }

  #begin(): string {
    if (this.#sequence > 0) return "";
    const response = this.#response({ status: "in_progress" });
    return this.#event("response.created", { response }) + this.#event("response.in_progress", { response });
  }

  #response(state: ResponseState): object {
    return responseObject(this.#head, this.#output, state);
  }

  #delta(kind: OpenItem["kind"], text: string): string {
    const opening = this.#open?.kind === kind ? "" : this.#close("completed") + this.#start(kind);
    const item = this.#open;
    if (item === undefined) return opening;
    item.text += text;
    const sequence = this.#sequence++;
    const type = kind === "message" ? "response.output_text.delta" : "response.reasoning_summary_text.delta";
    return (
      opening + sseEvent(`${item.deltaHead}${JSON.stringify(text)},"sequence_number":${sequence}}`, type)
    );
  }

  #start(kind: OpenItem["kind"]): string {
    const index = this.#output.length;
    const id = this.#nextId(kind === "message" ? "msg" : "rs");
    const place = { item_id: id, output_index: index };
    const deltaHead =
      kind === "message"
        ? headOf("response.output_text.delta", { ...place, content_index: 0, logprobs: [] })
        : headOf("response.reasoning_summary_text.delta", { ...place, summary_index: 0 });
    this.#open = { kind, id, text: "", deltaHead };
    // Ollama leaves the part out, and OpenAI's own client then fails at the first delta.
    if (kind === "reasoning")
      return (
        this.#added(index, { id, type: "reasoning", summary: [] }) +
        this.#event("response.reasoning_summary_part.added", {
          ...place,
          summary_index: 0,
          part: summaryPart(""),
        })
      );
    return (
      this.#added(index, messageItem(id, "in_progress", [])) +
      this.#event("response.content_part.added", { ...place, content_index: 0, part: textPart("") })
    );
  }

  #close(status: ItemStatus): string {
    const item = this.#open;
    if (item === undefined) return "";
    this.#open = undefined;
    const { kind, id, text } = item;
    const place = { item_id: id, output_index: this.#output.length };
    if (kind === "reasoning")
      return (
        this.#event("response.reasoning_summary_text.done", { ...place, summary_index: 0, text }) +
        this.#event("response.reasoning_summary_part.done", {
          ...place,
          summary_index: 0,
          part: summaryPart(text),
        }) +
        this.#done(reasoningItem(id, text))
      );
    const part = textPart(text);
    return (
      this.#event("response.output_text.done", { ...place, content_index: 0, text, logprobs: [] }) +
      this.#event("response.content_part.done", { ...place, content_index: 0, part }) +
      this.#done(messageItem(id, status, [part]))
    );
  }

  /** A call comes whole. */
  #call(call: ToolCall): string {
    const closed = this.#close("completed");
    const index = this.#output.length;
    const item = this.#calledItem(call);
    const place = { item_id: this.#nextId("fc"), output_index: index };
    const given = JSON.stringify(call.function.arguments);
    return (
      closed +
      this.#added(index, { ...item, status: "in_progress", arguments: "" }) +
      this.#event("response.function_call_arguments.delta", { ...place, delta: given }) +
      this.#event("response.function_call_arguments.done", { ...place, arguments: given }) +
      this.#done(item)
    );
  }

  #calledItem(call: ToolCall): object {
    return {
      ...callItem(this.#nextId("fc"), this.#callIds.of(call), call),
      status: "completed",
      arguments: JSON.stringify(call.function.arguments),
    };
  }

  #added(index: number, item: object): string {
    return this.#event("response.output_item.added", { output_index: index, item });
  }

  #done(item: object): string {
    const index = this.#output.push(item) - 1;
    return this.#event("response.output_item.done", { output_index: index, item });
  }

  /** Of the item that comes next. */
  #nextId(kind: Parameters<typeof itemId>[0]): string {
    return itemId(kind, this.#head, this.#output.length);
  }

  #event(type: string, members: object): string {
    return sseEvent(JSON.stringify({ type, ...members, sequence_number: this.#sequence++ }), type);
  }
}

/** JSON of a delta, up to its text. */
function headOf(type: string, members: object): string {
  return `${JSON.stringify({ type, ...members }).slice(0, -1)},"delta":`;
}
