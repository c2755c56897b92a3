import { FlockError } from "@flock/errors";
import type { ModelAvailability } from "@flock/mesh";
import type { RouteHandlerMethod } from "fastify";
import { flag, integer, list, orNull, string, told } from "../../http/openapi/json-schema.js";
import { answering, type Operation } from "../../http/openapi/operation.js";
import type { MoneyGateway } from "../money-gateway.js";
import { amount } from "./described.js";
import { jsonRoute } from "./json-route.js";

/** GET /flock/v1/models: what live workers have, whoever may use it, and what it costs. */
export function models({ catalogue }: MoneyGateway): RouteHandlerMethod {
  return jsonRoute(async () => {
    if (catalogue.notReady() !== undefined)
      throw new FlockError("unavailable", "server is starting, please try again");
    return { models: catalogue.offered().map(modelView) };
  });
}

function modelView({ entry, ready }: ModelAvailability) {
  return {
    name: entry.name,
    digest: entry.digest,
    context_length: entry.contextLength === 0 ? null : entry.contextLength,
    capabilities: entry.capabilities,
    prompt_price_micro: entry.promptPriceMicro,
    completion_price_micro: entry.completionPriceMicro,
    is_checked: entry.isChecked,
    is_available: ready > 0,
  };
}

export const MODELS: Operation = {
  id: "flockModels",
  summary: "The models that live workers have, and what they cost",
  answers: answering(
    told({
      models: list(
        told({
          name: string("With its tag."),
          digest: string("Every worker that serves the model serves exactly this."),
          context_length: orNull(integer("Tokens; null: unknown.", { minimum: 1 })),
          capabilities: list({ type: "string" }, "What it can do: `completion`, `tools`, `vision`, …"),
          prompt_price_micro: amount("Of a token of the prompt."),
          completion_price_micro: amount("Of a token of the answer."),
          is_checked: flag("Whether a verifier checks its answers."),
          is_available: flag("Whether it can be used now, because workers that serve it take jobs."),
        }),
        "Those that were changed last are first.",
      ),
    }),
    "The models.",
  ),
};
