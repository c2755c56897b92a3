import { FlockError } from "@flock/errors";
import type { JsonObject } from "../../json-object.js";
import { defined, type Fields } from "./fields.js";
import { readImages } from "./images.js";
import { readToolCalls } from "./tools.js";

/** Templates know what to do with a role or not; a longer one than this is none. */
const ROLE_LENGTH_MAX = 100;

/**
 * The `messages` of a chat, with the fields that Ollama knows. It takes any role, also none, and so do we: `developer`
 * is as good as one of its own to a template that knows it.
 */
export function readMessages(request: Fields): readonly JsonObject[] {
  return (request.objects("messages") ?? []).map((message) => {
    const role = message.string("role")?.toLowerCase() ?? "";
    if (role.length > ROLE_LENGTH_MAX)
      throw new FlockError(
        "invalid_argument",
        `field "${message.nameOf("role")}" has at most ${ROLE_LENGTH_MAX} characters`,
      );
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

/** JSON mode or a JSON schema that constrains the answer; `""` is none. */
export function readFormat(request: Fields): "json" | JsonObject | undefined {
  const format = request.raw("format");
  if (format === undefined || format === "") return undefined;
  if (format === "json") return format;
  if (typeof format === "string")
    throw new FlockError("invalid_argument", 'field "format" must be "json" or a JSON schema');
  return request.object("format");
}
