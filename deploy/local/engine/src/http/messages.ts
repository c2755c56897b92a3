import { FlockError } from "@flock/errors";
import type { ChatMessage } from "../model/chat-template.js";
import { Fields, isJsonObject } from "./fields.js";

/**
 * Roles as templates know them. Ollama takes any role and writes it into the prompt; no small model has learnt one that
 * it does not know. `tool` is what the user's side answers to a call.
 */
const ROLES: Readonly<Record<string, ChatMessage["role"]>> = {
  system: "system",
  developer: "system",
  assistant: "assistant",
};

/**
 * One of a chat's messages. A missing or unknown role is the user's, content may be missing. Calls of tools and their
 * results are written into the text in the form that most open models use, since the model's own template may not have
 * any. Throws `invalid_argument` naming the field, also for images, which `refuseImages` finds.
 */
export function readMessage(
  value: unknown,
  index: number,
  refuseImages: (fields: Fields) => void,
): ChatMessage {
  const call = (name: string) => `"messages[${index}].${name}"`;
  if (!isJsonObject(value))
    throw new FlockError("invalid_argument", `"messages[${index}]" must be of type object`);
  const fields = new Fields(value, call);
  refuseImages(fields);
  const role = fields.string("role")?.toLowerCase() ?? "";
  const content = fields.string("content") ?? "";
  const calls = (fields.array("tool_calls") ?? []).map((item, position) =>
    toolCall(item, `messages[${index}].tool_calls[${position}]`),
  );
  const text = role === "tool" ? toolResult(content, fields.string("tool_name")) : content;
  const known = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
  return { role: known ?? "user", content: [...(text === "" ? [] : [text]), ...calls].join("\n") };
}

function toolCall(value: unknown, path: string): string {
  if (!isJsonObject(value)) throw new FlockError("invalid_argument", `"${path}" must be of type object`);
  const called = new Fields(value, (name) => `"${path}.${name}"`).object("function") ?? {};
  const fields = new Fields(called, (name) => `"${path}.function.${name}"`);
  const written = { name: fields.string("name") ?? "", arguments: fields.object("arguments") ?? {} };
  return `<tool_call>\n${JSON.stringify(written)}\n</tool_call>`;
}

function toolResult(content: string, name: string | undefined): string {
  const attribute = name === undefined || name === "" ? "" : ` name=${JSON.stringify(name)}`;
  return `<tool_response${attribute}>\n${content}\n</tool_response>`;
}
