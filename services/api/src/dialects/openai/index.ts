import type { Dialect } from "../../http/dialect.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { chatCompletions } from "./chat-completions.js";
import { completions } from "./completions.js";
import { embeddings } from "./embeddings.js";
import { errorBody } from "./error-body.js";
import { model, models } from "./models.js";

/** Everything below `/v1/`, with what there is not, but what is another dialect's. */
const OWN_PATH = /^\/v1(?:\/|$)(?!messages(?:\/|$))/;

/** OpenAI's API, as Ollama speaks it: clients need another base URL, and a key. */
export function openAiDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "openai",
    owns: ({ path, headers }) => OWN_PATH.test(path) && headers["anthropic-version"] === undefined,
    rateLimitNames: "openai",
    errorBody,
    routes: [
      { methods: ["POST"], path: "/v1/chat/completions", handler: chatCompletions(gateway) },
      { methods: ["POST"], path: "/v1/completions", handler: completions(gateway) },
      { methods: ["POST"], path: "/v1/embeddings", handler: embeddings(gateway) },
      { methods: ["GET", "HEAD"], path: "/v1/models", handler: models(gateway) },
      { methods: ["GET", "HEAD"], path: "/v1/models/*", handler: model(gateway) },
    ],
  };
}
