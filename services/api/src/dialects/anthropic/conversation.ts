import { FlockError } from "@flock/errors";
import type { Base64Image } from "../../inference/images.js";
import type { ChatMessage, ToolCall } from "../../inference/inference-request.js";
import { messageRole } from "../../inference/text-bounds.js";
import type { Fields } from "../../json-fields.js";
import { imageOf, refuseDocument, textOrBlocks } from "./content-blocks.js";

/** A message that is being read, block by block. */
interface Draft {
  text: string;
  thinking: string;
  readonly images: Base64Image[];
  readonly toolCalls: ToolCall[];
  readonly toolResults: ChatMessage[];
}

/** How a model is told that a tool failed: the message of a tool has no other place for it. */
const FAILED = "Error: ";

/** `system` and `messages` as one conversation. Any role is taken, as Ollama does. */
export function readConversation(fields: Fields): readonly ChatMessage[] {
  const messages = fields.objects("messages") ?? [];
  if (messages.length === 0) throw new FlockError("invalid_argument", "messages is required");
  const toolNames = new Map<string, string>();
  return [...readSystem(fields), ...messages.flatMap((message) => readMessage(message, toolNames))];
}

function readSystem(fields: Fields): readonly ChatMessage[] {
  const system = textOrBlocks(fields, "system");
  const content = typeof system === "string" ? system : system.map(textOf).join("");
  return content === "" ? [] : [{ role: "system", content }];
}

/**
 * One message, and those of the tools whose results are in it: before what the user says about them, as they follow
 * upon the calls. `toolNames` are those of the calls so far, by id.
 */
function readMessage(message: Fields, toolNames: Map<string, string>): readonly ChatMessage[] {
  const role = messageRole(message.string("role") ?? "", message.nameOf("role"));
  const content = textOrBlocks(message, "content");
  if (typeof content === "string") return [{ role, content }];
  const draft: Draft = { text: "", thinking: "", images: [], toolCalls: [], toolResults: [] };
  for (const block of content) readBlock(block, draft, toolNames);
  const { text, thinking, images, toolCalls, toolResults } = draft;
  const isOnlyResults =
    toolResults.length > 0 && text === "" && thinking === "" && images.length + toolCalls.length === 0;
  if (isOnlyResults) return toolResults;
  const own: ChatMessage = {
    role,
    content: text,
    thinking: thinking === "" ? undefined : thinking,
    images: unlessEmpty(images),
    toolCalls: unlessEmpty(toolCalls),
  };
  return role === "assistant" ? [own, ...toolResults] : [...toolResults, own];
}

function readBlock(block: Fields, draft: Draft, toolNames: Map<string, string>): void {
  switch (block.string("type")) {
    case "text":
      draft.text += textOf(block);
      break;
    case "thinking":
      draft.thinking += block.string("thinking") ?? "";
      break;
    case "image":
      draft.images.push(imageOf(block));
      break;
    case "tool_use": {
      const call = readToolUse(block);
      toolNames.set(call.id, call.function.name);
      draft.toolCalls.push(call);
      break;
    }
    case "tool_result":
      draft.toolResults.push(readToolResult(block, toolNames));
      break;
    case "document":
      return refuseDocument(block);
    default:
    // What no model has a use for is left out: redacted thinking, tools of Anthropic's servers.
  }
}

function readToolUse(block: Fields): ToolCall & { readonly id: string } {
  return {
    id: required(block, "id"),
    function: { name: required(block, "name"), arguments: block.object("input") ?? {} },
  };
}

function readToolResult(block: Fields, toolNames: ReadonlyMap<string, string>): ChatMessage {
  const toolCallId = required(block, "tool_use_id");
  const isError = block.boolean("is_error") ?? false;
  const content = textOrBlocks(block, "content");
  const images: Base64Image[] = [];
  let text = isError ? FAILED : "";
  if (typeof content === "string") text += content;
  else
    for (const part of content) {
      const type = part.string("type");
      if (type === "text") text += textOf(part);
      else if (type === "image") images.push(imageOf(part));
      else if (type === "document") refuseDocument(part);
    }
  return {
    role: "tool",
    content: text,
    images: unlessEmpty(images),
    toolName: toolNames.get(toolCallId),
    toolCallId,
  };
}

function textOf(block: Fields): string {
  return block.string("text") ?? "";
}

function required(block: Fields, field: string): string {
  const value = block.string(field) ?? "";
  if (value === "") throw new FlockError("invalid_argument", `field "${block.nameOf(field)}" is required`);
  return value;
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
