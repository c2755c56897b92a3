import type { Dialect } from "../../http/dialect.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { ERROR } from "../openai/described-answers.js";
import { errorBody } from "../openai/error-body.js";
import { RESPONSES_OPERATION } from "./operation.js";
import { responses } from "./responses.js";

const PATH = "/v1/responses";

/** OpenAI's Responses API, as Ollama speaks it; its errors are those of OpenAI's other API. */
export function responsesDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "responses",
    described: {
      title: "OpenAI Responses",
      about:
        "The Responses API of OpenAI, without a memory: no response is kept. What is not described is ignored.",
      errorSchema: ERROR,
    },
    owns: ({ path }) => path === PATH || path.startsWith(`${PATH}/`),
    rateLimitNames: "openai",
    errorBody,
    routes: [{ methods: ["POST"], path: PATH, handler: responses(gateway), operation: RESPONSES_OPERATION }],
  };
}
