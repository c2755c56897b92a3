import { randomUUID } from "node:crypto";
import type { ToolCall } from "../../inference/inference-request.js";

/**
 * A call that the model wants made, as OpenAI's clients read it: its arguments are JSON in a string. The id is ours: a
 * worker's may be missing, or be one that another worker of the same job has used.
 */
export function toolCallJson({ function: { name, arguments: given } }: ToolCall, index: number): string {
  return JSON.stringify({
    id: `call_${randomUUID().replaceAll("-", "").slice(0, 24)}`,
    index,
    type: "function",
    function: { name, arguments: JSON.stringify(given) },
  });
}
