import type { Dialect } from "../../http/dialect.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { errorBody } from "../openai/error-body.js";
import { responses } from "./responses.js";

const PATH = "/v1/responses";

/** OpenAI's Responses API, as Ollama speaks it; its errors are those of OpenAI's other API. */
export function responsesDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "responses",
    owns: ({ path }) => path === PATH || path.startsWith(`${PATH}/`),
    rateLimitNames: "openai",
    errorBody,
    routes: [{ methods: ["POST"], path: PATH, handler: responses(gateway) }],
  };
}
