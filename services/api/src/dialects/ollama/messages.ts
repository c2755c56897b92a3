import { type Base64Image, base64Image } from "../../inference/images.js";
import type { ChatMessage } from "../../inference/inference-request.js";
import { messageRole } from "../../inference/text-bounds.js";
import type { Fields } from "../../json-fields.js";
import { readToolCalls } from "./tool-calls.js";

/**
 * The `messages` of a chat, with the fields that Ollama knows. It takes any role, also none, and so do we: `developer`
 * is as good as one of its own to a template that knows it.
 */
export function readMessages(fields: Fields): readonly ChatMessage[] {
  return (fields.objects("messages") ?? []).map((message) => ({
    role: messageRole(message.string("role") ?? "", message.nameOf("role")),
    content: message.string("content") ?? "",
    thinking: message.string("thinking"),
    images: readImages(message),
    toolCalls: readToolCalls(message),
    toolName: message.string("tool_name"),
    toolCallId: message.string("tool_call_id"),
  }));
}

/** The `images` of a request or message. */
export function readImages(fields: Fields): readonly Base64Image[] | undefined {
  const images = fields.strings("images");
  if (images === undefined || images.length === 0) return undefined;
  return images.map((image, index) => base64Image(image, `${fields.nameOf("images")}[${index}]`));
}
