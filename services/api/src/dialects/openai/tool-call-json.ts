import type { ToolCall } from "../../inference/inference-request.js";

/** A call that the model wants made, as OpenAI's clients read it: its arguments are JSON in a string. */
export function toolCallJson(
  { function: { name, arguments: given } }: ToolCall,
  id: string,
  index: number,
): string {
  return JSON.stringify({
    id,
    index,
    type: "function",
    function: { name, arguments: JSON.stringify(given) },
  });
}
