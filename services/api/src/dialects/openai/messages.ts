import type { ChatMessage, ToolCall } from "../../inference/inference-request.js";
import { messageRole } from "../../inference/text-bounds.js";
import { type Fields, wrongType } from "../../json-fields.js";
import { JsonTexts } from "../../json-text.js";
import { readContent } from "./content.js";
import { argumentsOf } from "./tool-arguments.js";

/** The `messages` of a chat. Roles are as with Ollama: any, but what OpenAI calls developer is the system. */
export function readMessages(fields: Fields): readonly ChatMessage[] {
  const messages = fields.objects("messages") ?? [];
  if (messages.length === 0) throw wrongType(fields.nameOf("messages"), "an array of at least one message");
  const texts = new JsonTexts();
  const names = new Map<string, string>();
  return messages.map((message) => {
    const calls = readCalls(message, texts);
    // As the conversation goes on: some clients begin to count their ids anew with each turn.
    for (const { id, function: called } of calls) if (id !== undefined) names.set(id, called.name);
    return readMessage(message, calls, names);
  });
}

function readMessage(
  message: Fields,
  calls: readonly ToolCall[],
  toolNames: ReadonlyMap<string, string>,
): ChatMessage {
  const role = messageRole(message.string("role") ?? "", message.nameOf("role"));
  const content = readContent(message);
  if (content === undefined && message.raw("tool_calls") === undefined)
    throw wrongType(message.nameOf("content"), "a string or an array of parts");
  const toolCallId = message.string("tool_call_id");
  const name = message.string("name");
  return {
    role: role === "developer" ? "system" : role,
    content: content?.text ?? "",
    thinking: message.string("reasoning"),
    images: content?.images,
    toolCalls: calls.length === 0 ? undefined : calls,
    // Elsewhere `name` is of who speaks, for which models have no place.
    toolName: role === "tool" ? name || toolNames.get(toolCallId ?? "") : undefined,
    toolCallId,
  };
}

function readCalls(message: Fields, texts: JsonTexts): readonly ToolCall[] {
  return (message.objects("tool_calls") ?? []).map((call, index) => {
    const called = call.child("function");
    const given = argumentsOf(texts, called.string("arguments") ?? "", called.nameOf("arguments"));
    return {
      id: call.string("id"),
      function: { index, name: called.string("name") ?? "", arguments: given },
    };
  });
}
