import type { Tool } from "../../inference/inference-request.js";
import { requireReadable } from "../../inference/tool-schema.js";
import type { Fields } from "../../json-fields.js";

/**
 * The `tools` that the client runs. Those of Anthropic's own servers and models (`web_search_…`, `bash_…`) come without
 * a schema, only Anthropic's models know them, and they are left out.
 */
export function readTools(fields: Fields): readonly Tool[] | undefined {
  const tools = (fields.objects("tools") ?? []).filter(isOwn).map(readTool);
  return tools.length === 0 ? undefined : tools;
}

function isOwn(tool: Fields): boolean {
  const type = tool.string("type") ?? "custom";
  return type === "custom" || tool.raw("input_schema") !== undefined;
}

function readTool(tool: Fields): Tool {
  requireReadable(tool, "input_schema");
  return {
    type: "function",
    function: {
      name: tool.string("name") ?? "",
      description: tool.string("description"),
      parameters: tool.object("input_schema"),
    },
  };
}
