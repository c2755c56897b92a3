import type { ToolCall } from "../../inference/inference-request.js";
import type { Fields } from "../../json-fields.js";

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
