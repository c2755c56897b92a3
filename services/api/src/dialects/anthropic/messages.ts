import { FlockError } from "@flock/errors";
import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from "fastify";
import { readJsonObject } from "../../http/json-body.js";
import { Fields } from "../../json-fields.js";
import { answerText } from "../answer-text.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { estimatedInputTokens } from "./input-estimate.js";
import { MessageFormat } from "./message-format.js";
import { readMessagesRequest } from "./messages-request.js";

/** POST /v1/messages. */
export function messages(gateway: InferenceGateway): RouteHandlerMethod {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const asked = readMessagesRequest(new Fields(await readJsonObject(request, gateway)));
    const inputTokensEstimate = asked.isStreamed ? estimatedInputTokens(asked) : 0;
    const formatOf = (model: string) =>
      new MessageFormat({ requestId: request.id, model, inputTokensEstimate });
    // Clients of this dialect ask every model to think.
    return answerText(gateway, request, reply, { ...asked, thinksIfAble: true }, formatOf);
  };
}

/**
 * POST /v1/messages/count_tokens: 404, as with Ollama. Only the model's engine can count. What we know without it is a
 * bound some four times too high, and an estimate that may be too low. A client that fits its history to the context by
 * such a number drops what would fit, or sends what does not.
 */
export const countTokens: RouteHandlerMethod = async () => {
  throw new FlockError(
    "not_found",
    "count_tokens is not offered here: only the model's engine can count; the usage of every answer says what it counted",
  );
};
