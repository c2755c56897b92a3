import type { Tool, ToolCall } from "../../inference/inference-request.js";
import { requireReadable } from "../../inference/tool-schema.js";
import type { Fields } from "../../json-fields.js";

/**
 * The `tools` of a chat, whose schemas go to the model as they are; a tool without a function is one without a name, as
 * with Ollama.
 */
export function readTools(fields: Fields): readonly Tool[] | undefined {
  const tools = fields.objects("tools");
  if (tools === undefined || tools.length === 0) return undefined;
  return tools.map((tool) => {
    requireReadable(tool.child("function"));
    return { type: tool.string("type") ?? "function", function: tool.object("function") };
  });
}

/** The tools that a message of the history called. */
export function readToolCalls(message: Fields): readonly ToolCall[] | undefined {
  const calls = message.objects("tool_calls")?.map((call) => {
    const fields = call.child("function");
    return {
      id: call.string("id"),
      function: {
        index: fields.integer("index"),
        name: fields.string("name") ?? "",
        arguments: fields.object("arguments") ?? {},
      },
    };
  });
  return calls === undefined || calls.length === 0 ? undefined : calls;
}
