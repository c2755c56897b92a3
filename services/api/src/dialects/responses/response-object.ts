import type { JobResult } from "@flock/jobs";
import type { ToolCall } from "../../inference/inference-request.js";
import type { JsonObject } from "../../json-object.js";

/** What is the same in every form of a response. */
export interface ResponseHead {
  /** Of the request: with their kinds before it, it makes the ids of the response and its items. */
  readonly requestId: string;
  readonly createdUnixS: number;
  /** As the client wrote it. */
  readonly model: string;
  /** Told back. */
  readonly settings: JsonObject;
}

/** How an answer ended, and what it took. */
export type Ending = Pick<
  JobResult,
  "doneReason" | "promptTokens" | "completionTokens" | "completionTokensBound"
>;

/** Where a response stands. */
export type ResponseState =
  | { readonly status: "in_progress" }
  | { readonly status: "completed" | "incomplete"; readonly ending: Ending; readonly completedUnixS: number }
  | { readonly status: "failed"; readonly error: { readonly code: string; readonly message: string } };

export type ItemKind = "msg" | "rs" | "fc";
export type ItemStatus = "in_progress" | "completed" | "incomplete";

/** Settings that nobody can change here, as Ollama tells them. */
const FIXED_SETTINGS = {
  previous_response_id: null,
  parallel_tool_calls: true,
  presence_penalty: 0,
  frequency_penalty: 0,
  top_logprobs: 0,
  max_tool_calls: null,
  store: false,
  background: false,
  service_tier: "default",
  metadata: {},
  safety_identifier: null,
  prompt_cache_key: null,
};

export function endedState(ending: Ending): ResponseState {
  const status = ending.doneReason === "length" ? "incomplete" : "completed";
  return { status, ending, completedUnixS: Math.floor(Date.now() / 1_000) };
}

export function responseObject(head: ResponseHead, output: readonly object[], state: ResponseState): object {
  return {
    id: `resp_${hexOf(head.requestId)}`,
    object: "response",
    created_at: head.createdUnixS,
    completed_at: state.status === "completed" ? state.completedUnixS : null,
    status: state.status,
    incomplete_details: state.status === "incomplete" ? { reason: "max_output_tokens" } : null,
    model: head.model,
    output,
    error: state.status === "failed" ? state.error : null,
    usage: "ending" in state ? usageOf(state.ending) : null,
    ...head.settings,
    ...FIXED_SETTINGS,
  };
}

/** Of the item at this place of a response's output. */
export function itemId(kind: ItemKind, { requestId }: ResponseHead, outputIndex: number): string {
  return `${kind}_${hexOf(requestId)}_${outputIndex}`;
}

export function messageItem(id: string, status: ItemStatus, content: readonly object[]): object {
  return { id, type: "message", status, role: "assistant", content };
}

export function textPart(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

export function summaryPart(text: string): object {
  return { type: "summary_text", text };
}

/** Nothing is encrypted, as with Ollama: clients that keep no summaries find the text there. */
export function reasoningItem(id: string, text: string): object {
  return { id, type: "reasoning", summary: [summaryPart(text)], encrypted_content: text };
}

export function callItem(id: string, callId: string, { function: { name } }: ToolCall): object {
  return { id, type: "function_call", call_id: callId, name };
}

function usageOf({ promptTokens, completionTokens, completionTokensBound }: Ending): object {
  return {
    input_tokens: promptTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: completionTokens,
    // Engines count what was thought and what was said together.
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: promptTokens + completionTokens,
    // Not OpenAI's: it says so where a count is not the engine's own.
    ...(completionTokensBound === "exact" ? {} : { output_tokens_bound: completionTokensBound }),
  };
}

function hexOf(requestId: string): string {
  return requestId.replaceAll("-", "");
}
