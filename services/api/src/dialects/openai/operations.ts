import { string } from "../../http/openapi/json-schema.js";
import { answering, answeringAlsoBy, type Operation, SSE_MEDIA } from "../../http/openapi/operation.js";
import {
  CHAT_ANSWER,
  CHAT_EVENT,
  COMPLETION_ANSWER,
  COMPLETION_EVENT,
  EMBEDDINGS_ANSWER,
  MODEL_ANSWER,
  MODELS_ANSWER,
} from "./described-answers.js";
import { CHAT_BODY, COMPLETION_BODY, EMBEDDINGS_BODY } from "./described-requests.js";

const model = "flock-tiny";

/** OpenAI's routes, as `/openapi.json` describes them. */
export const OPERATIONS = {
  chat: {
    id: "openaiChatCompletions",
    summary: "Answer a conversation",
    isJob: true,
    body: {
      schema: CHAT_BODY,
      example: { model, messages: [{ role: "user", content: "Tell me a story about a llama." }] },
    },
    answers: answeringAlsoBy(SSE_MEDIA, { whole: CHAT_ANSWER, piece: CHAT_EVENT }),
  },
  completions: {
    id: "openaiCompletions",
    summary: "Go on from a text",
    isJob: true,
    body: { schema: COMPLETION_BODY, example: { model, prompt: "Once there was a llama" } },
    answers: answeringAlsoBy(SSE_MEDIA, { whole: COMPLETION_ANSWER, piece: COMPLETION_EVENT }),
  },
  embeddings: {
    id: "openaiEmbeddings",
    summary: "Make vectors of texts",
    isJob: true,
    body: { schema: EMBEDDINGS_BODY, example: { model, input: ["llama", "alpaca"] } },
    answers: answering(EMBEDDINGS_ANSWER, "A vector for each text."),
  },
  models: {
    id: "listModels",
    summary: "The models that can be used now",
    description: "In OpenAI's form; with the header `anthropic-version` in Anthropic's.",
    answers: answering(MODELS_ANSWER, "The models."),
  },
  model: {
    id: "showModel",
    summary: "One model, whether it can be used now or not",
    description: "In OpenAI's form; with the header `anthropic-version` in Anthropic's.",
    path: { model: string("Its name, which may have slashes, as they are or encoded.") },
    answers: answering(MODEL_ANSWER, "The model."),
    errors: ["not_found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
