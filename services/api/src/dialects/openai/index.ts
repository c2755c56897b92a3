import type { Dialect } from "../../http/dialect.js";
import type { InferenceGateway } from "../inference-gateway.js";
import { chatCompletions } from "./chat-completions.js";
import { completions } from "./completions.js";
import { ERROR } from "./described-answers.js";
import { embeddings } from "./embeddings.js";
import { errorBody } from "./error-body.js";
import { model, models } from "./models.js";
import { OPERATIONS } from "./operations.js";

/** Everything below `/v1/`, with what there is not, but what is another dialect's. */
const OWN_PATH = /^\/v1(?:\/|$)(?!messages(?:\/|$))/;

/** OpenAI's API, as Ollama speaks it: clients need another base URL, and a key. */
export function openAiDialect(gateway: InferenceGateway): Dialect {
  return {
    name: "openai",
    described: {
      title: "OpenAI",
      about: "The API of OpenAI, in the form in which an Ollama speaks it. What is not described is ignored.",
      errorSchema: ERROR,
    },
    owns: ({ path, headers }) => OWN_PATH.test(path) && headers["anthropic-version"] === undefined,
    rateLimitNames: "openai",
    errorBody,
    routes: [
      {
        methods: ["POST"],
        path: "/v1/chat/completions",
        handler: chatCompletions(gateway),
        operation: OPERATIONS.chat,
      },
      {
        methods: ["POST"],
        path: "/v1/completions",
        handler: completions(gateway),
        operation: OPERATIONS.completions,
      },
      {
        methods: ["POST"],
        path: "/v1/embeddings",
        handler: embeddings(gateway),
        operation: OPERATIONS.embeddings,
      },
      {
        methods: ["GET", "HEAD"],
        path: "/v1/models",
        handler: models(gateway),
        operation: OPERATIONS.models,
      },
      {
        methods: ["GET", "HEAD"],
        path: "/v1/models/*",
        handler: model(gateway),
        operation: OPERATIONS.model,
      },
    ],
  };
}
