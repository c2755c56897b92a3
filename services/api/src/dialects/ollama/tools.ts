import type { JsonObject } from "../../json-object.js";
import { defined, type Fields } from "./fields.js";

/**
 * The `tools` of a chat, whose schemas go to the model as they are. What Ollama could not read of them is refused here,
 * before it costs anything; a tool without a function is one without a name, as there.
 */
export function readTools(request: Fields): readonly JsonObject[] | undefined {
  const tools = request.objects("tools");
  if (tools === undefined || tools.length === 0) return undefined;
  return tools.map((tool) => {
    const fields = tool.child("function");
    fields.string("name");
    fields.string("description");
    checkSchema(fields.child("parameters"));
    return defined({ type: tool.string("type") ?? "function", function: tool.object("function") });
  });
}

/** The tools that a message of the history called. */
export function readToolCalls(message: Fields): readonly JsonObject[] | undefined {
  const calls = message.objects("tool_calls")?.map((call) => {
    const fields = call.child("function");
    return defined({
      id: call.string("id"),
      function: defined({
        index: fields.integer("index"),
        name: fields.string("name") ?? "",
        arguments: fields.object("arguments") ?? {},
      }),
    });
  });
  return calls === undefined || calls.length === 0 ? undefined : calls;
}

/** The parameters of a function: an object whose `properties` are schemas. Its depth is bounded with the body's. */
function checkSchema(schema: Fields): void {
  schema.string("type");
  checkMembers(schema);
}

function checkProperty(property: Fields): void {
  if (typeof property.raw("type") !== "string") property.strings("type");
  property.string("description");
  property.array("enum");
  for (const alternative of property.objects("anyof") ?? []) checkProperty(alternative);
  checkMembers(property);
}

function checkMembers(schema: Fields): void {
  schema.strings("required");
  for (const property of schema.members("properties")) checkProperty(property);
}
