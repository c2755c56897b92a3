import type { Dialect, RequestHead } from "../../http/dialect.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { errorBody } from "./error-body.js";
import { countTokens, messages } from "./messages.js";
import { listModels, showModel } from "./models.js";

const MESSAGES = "/v1/messages";
/** Every client of Anthropic's sends it, and no other. */
const VERSION_HEADER = "anthropic-version";

/** Anthropic's Messages API, as Ollama speaks it. */
export function anthropicDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "anthropic",
    owns,
    keyHeader: "x-api-key",
    requestIdHeader: "request-id",
    rateLimitNames: "anthropic",
    errorBody,
    routes: [
      { methods: ["POST"], path: MESSAGES, handler: messages(gateway) },
      { methods: ["POST"], path: `${MESSAGES}/count_tokens`, handler: countTokens },
      { methods: ["GET", "HEAD"], path: "/v1/models", handler: listModels(gateway) },
      { methods: ["GET", "HEAD"], path: "/v1/models/*", handler: showModel(gateway) },
    ],
  };
}

/** Its own paths, and those that it shares with OpenAI's API if a client of Anthropic's asks. */
function owns({ path, headers }: RequestHead): boolean {
  if (path === MESSAGES || path.startsWith(`${MESSAGES}/`)) return true;
  return path.startsWith("/v1/") && headers[VERSION_HEADER] !== undefined;
}
