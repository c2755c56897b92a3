import { string } from "../../http/openapi/json-schema.js";
import { answering, answeringAlsoBy, type Operation, SSE_MEDIA } from "../../http/openapi/operation.js";
import { MESSAGE_ANSWER, MESSAGE_EVENT, MODEL_ANSWER, MODELS_ANSWER } from "./described-answers.js";
import { MESSAGES_BODY } from "./described-requests.js";

const VERSION = {
  "anthropic-version": string(
    "Anthropic's clients send it. By it a path that other APIs have, too, is Anthropic's.",
  ),
};

/** Anthropic's routes, as `/openapi.json` describes them. */
export const OPERATIONS = {
  messages: {
    id: "anthropicMessages",
    summary: "Answer a conversation",
    headers: VERSION,
    isJob: true,
    body: {
      schema: MESSAGES_BODY,
      example: {
        model: "flock-tiny",
        max_tokens: 200,
        messages: [{ role: "user", content: "Tell me a story about a llama." }],
      },
    },
    answers: answeringAlsoBy(SSE_MEDIA, { whole: MESSAGE_ANSWER, piece: MESSAGE_EVENT }),
  },
  countTokens: {
    id: "anthropicCountTokens",
    summary: "Refused: only a model's engine can count",
    description: "Always 404, as with Ollama. The usage of every answer says what was counted.",
    errors: ["not_found"],
  },
  models: {
    id: "listModels",
    summary: "The models that can be used now",
    headers: VERSION,
    answers: answering(MODELS_ANSWER, "The models."),
  },
  model: {
    id: "showModel",
    summary: "One model, whether it can be used now or not",
    headers: VERSION,
    path: { model: string("Its name, which may have slashes, as they are or encoded.") },
    answers: answering(MODEL_ANSWER, "The model."),
    errors: ["not_found"],
  },
} as const satisfies Readonly<Record<string, Operation>>;
