import type { ChatMessage, ToolCall } from "../../inference/inference-request.js";
import { messageRole } from "../../inference/text-bounds.js";
import { type Fields, wrongType } from "../../json-fields.js";
import { readContent } from "./content.js";
import { type ArgumentsText, argumentsOf, requireReadableArguments } from "./tool-arguments.js";

/** A tool call of the history, its arguments not parsed yet. */
interface CallText {
  readonly id: string | undefined;
  readonly name: string;
  readonly arguments: ArgumentsText;
}

/** The `messages` of a chat. Roles are as with Ollama: any, but what OpenAI calls developer is the system. */
export function readMessages(fields: Fields): readonly ChatMessage[] {
  const messages = fields.objects("messages") ?? [];
  if (messages.length === 0) throw wrongType(fields.nameOf("messages"), "an array of at least one message");
  const calls = messages.map(readCalls);
  requireReadableArguments(calls.flat().map((call) => call.arguments));
  const names = new Map<string, string>();
  return messages.map((message, index) => {
    const own = calls[index] ?? [];
    // As the conversation goes on: some clients begin to count their ids anew with each turn.
    for (const { id, name } of own) if (id !== undefined) names.set(id, name);
    return readMessage(message, own, names);
  });
}

function readMessage(
  message: Fields,
  calls: readonly CallText[],
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
    toolCalls: calls.length === 0 ? undefined : calls.map(toolCallOf),
    // Elsewhere `name` is of who speaks, for which models have no place.
    toolName: role === "tool" ? name || toolNames.get(toolCallId ?? "") : undefined,
    toolCallId,
  };
}

function readCalls(message: Fields): readonly CallText[] {
  return (message.objects("tool_calls") ?? []).map((call) => {
    const called = call.child("function");
    return {
      id: call.string("id"),
      name: called.string("name") ?? "",
      arguments: { text: called.string("arguments") ?? "", field: called.nameOf("arguments") },
    };
  });
}

function toolCallOf({ id, name, arguments: given }: CallText, index: number): ToolCall {
  return { id, function: { index, name, arguments: argumentsOf(given) } };
}
