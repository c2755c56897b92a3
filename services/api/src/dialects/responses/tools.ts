import type { Tool } from "../../inference/inference-request.js";
import { requireReadable } from "../../inference/tool-schema.js";
import type { Fields } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";

/** The tools that the client runs, for the model and as they are told back. Those of OpenAI's servers are left out. */
export interface OfferedTools {
  readonly tools: readonly Tool[] | undefined;
  readonly told: readonly JsonObject[];
}

export function readTools(fields: Fields): OfferedTools {
  const own = (fields.objects("tools") ?? []).filter((tool) => tool.string("type") === "function");
  for (const tool of own) requireReadable(tool);
  return {
    tools: own.length === 0 ? undefined : own.map(forModel),
    told: own.map((tool) => ({
      type: "function",
      name: tool.string("name") ?? "",
      description: tool.string("description") ?? null,
      strict: tool.boolean("strict") ?? null,
      parameters: tool.object("parameters") ?? null,
    })),
  };
}

function forModel(tool: Fields): Tool {
  return {
    type: "function",
    function: {
      name: tool.string("name") ?? "",
      description: tool.string("description"),
      parameters: tool.object("parameters"),
    },
  };
}
