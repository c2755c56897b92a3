import type { Tool } from "../inference/inference-request.js";
import { requireReadable } from "../inference/tool-schema.js";
import type { Fields } from "../json-fields.js";

/**
 * The `tools` of a chat, whose schemas go to the model as they are; a tool without a function is one without a name, as
 * with Ollama.
 */
export function readOfferedTools(fields: Fields): readonly Tool[] | undefined {
  const tools = fields.objects("tools");
  if (tools === undefined || tools.length === 0) return undefined;
  return tools.map((tool) => {
    requireReadable(tool.child("function"));
    return { type: tool.string("type") ?? "function", function: tool.object("function") };
  });
}
