import { FlockError } from "@flock/errors";
import { Operation } from "@flock/proto/jobs";
import { type ChatRequest, THINKING_LEVELS, type Thinking } from "../../inference/inference-request.js";
import { samplingOptions } from "../../inference/model-options.js";
import type { Fields } from "../../json-fields.js";
import type { JsonObject } from "../../json-object.js";
import { readConversation } from "./conversation.js";
import { readTools } from "./tools.js";

/**
 * Checks the body of `POST /v1/messages` as far as that can be done without knowing the model. `tool_choice`,
 * `metadata` and `cache_control` are ignored, as Ollama does: no engine can be made to call a tool.
 */
export function readMessagesRequest(fields: Fields): ChatRequest {
  const model = fields.string("model") ?? "";
  if (model.trim() === "") throw new FlockError("invalid_argument", "model is required");
  const maxTokens = fields.integer("max_tokens") ?? 0;
  if (maxTokens <= 0) throw new FlockError("invalid_argument", "max_tokens is required and must be positive");
  const outputConfig = fields.child("output_config");
  return {
    operation: Operation.CHAT,
    model,
    messages: readConversation(fields),
    tools: readTools(fields),
    options: samplingOptions({
      num_predict: maxTokens,
      temperature: fields.number("temperature"),
      top_p: fields.number("top_p"),
      top_k: fields.integer("top_k"),
      stop: fields.strings("stop_sequences"),
    }),
    isStreamed: fields.boolean("stream") ?? false,
    format: readFormat(outputConfig),
    thinking: readThinking(fields.child("thinking"), outputConfig),
  };
}

/** Whether and how much to think; a budget of tokens no engine knows. Unset, the model does as it is used to. */
function readThinking(thinking: Fields, outputConfig: Fields): Thinking | undefined {
  const type = thinking.string("type");
  const effort = outputConfig.string("effort")?.toLowerCase();
  if (type === "disabled") return false;
  // Between two of ours; what else there may be is left to the model.
  const level = THINKING_LEVELS.find((each) => each === (effort === "xhigh" ? "high" : effort));
  return level ?? (type === "enabled" || type === "adaptive" ? true : undefined);
}

/** A JSON schema that the answer has to fit. */
function readFormat(outputConfig: Fields): JsonObject | undefined {
  const format = outputConfig.child("format");
  return format.string("type") === "json_schema" ? format.object("schema") : undefined;
}
