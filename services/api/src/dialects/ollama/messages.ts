import { FlockError } from "@flock/errors";
import type { JsonObject } from "../../http/json-body.js";
import { defined, type Fields, wrongType } from "./fields.js";
import { readImages } from "./images.js";

const ROLES: readonly string[] = ["system", "user", "assistant", "tool"];

/** The `messages` of a chat, with the fields that Ollama knows. */
export function readMessages(request: Fields): readonly JsonObject[] {
  return (request.objects("messages") ?? []).map((message) => {
    const role = message.string("role")?.toLowerCase();
    if (role === undefined || !ROLES.includes(role))
      throw wrongType(message.nameOf("role"), `one of ${ROLES.join(", ")}`);
    return defined({
      role,
      content: message.string("content") ?? "",
      thinking: message.string("thinking"),
      images: readImages(message),
      tool_calls: readToolCalls(message),
      tool_name: message.string("tool_name"),
      tool_call_id: message.string("tool_call_id"),
    });
  });
}

function readToolCalls(message: Fields): readonly JsonObject[] | undefined {
  const calls = message.objects("tool_calls")?.map((call) => {
    const called = call.object("function");
    if (called === undefined) throw wrongType(call.nameOf("function"), "an object");
    const fields = call.child("function", called);
    const name = fields.string("name");
    if (name === undefined) throw wrongType(fields.nameOf("name"), "a string");
    return defined({
      id: call.string("id"),
      function: defined({
        index: fields.number("index"),
        name,
        arguments: fields.object("arguments") ?? {},
      }),
    });
  });
  return calls === undefined || calls.length === 0 ? undefined : calls;
}

/** The `tools` of a chat: functions with a name. Their schemas go to the model as they are. */
export function readTools(request: Fields): readonly JsonObject[] | undefined {
  const tools = request.objects("tools");
  if (tools === undefined || tools.length === 0) return undefined;
  return tools.map((tool) => {
    const called = tool.object("function");
    if (called === undefined) throw wrongType(tool.nameOf("function"), "an object");
    const fields = tool.child("function", called);
    if (!fields.string("name")) throw wrongType(fields.nameOf("name"), "a string");
    fields.string("description");
    fields.object("parameters");
    return { type: tool.string("type") ?? "function", function: called };
  });
}

/** JSON mode or a JSON schema that constrains the answer; `""` is none. */
export function readFormat(request: Fields): "json" | JsonObject | undefined {
  const format = request.raw("format");
  if (format === undefined || format === "") return undefined;
  if (format === "json") return format;
  if (typeof format === "string")
    throw new FlockError("invalid_argument", 'field "format" must be "json" or a JSON schema');
  return request.object("format");
}
