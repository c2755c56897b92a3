import type { Dialect, RequestHead } from "../../http/dialect.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { ERROR } from "./described-answers.js";
import { errorBody } from "./error-body.js";
import { countTokens, messages } from "./messages.js";
import { listModels, showModel } from "./models.js";
import { OPERATIONS } from "./operations.js";

const MESSAGES = "/v1/messages";
/** Every client of Anthropic's sends it, and no other. */
const VERSION_HEADER = "anthropic-version";

/** Anthropic's Messages API, as Ollama speaks it. */
export function anthropicDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "anthropic",
    described: {
      title: "Anthropic",
      about: "The Messages API of Anthropic, as an Ollama speaks it. What is not described is ignored.",
      errorSchema: ERROR,
    },
    owns,
    keyHeader: "x-api-key",
    requestIdHeader: "request-id",
    rateLimitNames: "anthropic",
    errorBody,
    routes: [
      { methods: ["POST"], path: MESSAGES, handler: messages(gateway), operation: OPERATIONS.messages },
      {
        methods: ["POST"],
        path: `${MESSAGES}/count_tokens`,
        handler: countTokens,
        operation: OPERATIONS.countTokens,
      },
      {
        methods: ["GET", "HEAD"],
        path: "/v1/models",
        handler: listModels(gateway),
        operation: OPERATIONS.models,
      },
      {
        methods: ["GET", "HEAD"],
        path: "/v1/models/*",
        handler: showModel(gateway),
        operation: OPERATIONS.model,
      },
    ],
  };
}

/** Its own paths, and those that it shares with OpenAI's API if a client of Anthropic's asks. */
function owns({ path, headers }: RequestHead): boolean {
  if (path === MESSAGES || path.startsWith(`${MESSAGES}/`)) return true;
  return path.startsWith("/v1/") && headers[VERSION_HEADER] !== undefined;
}
