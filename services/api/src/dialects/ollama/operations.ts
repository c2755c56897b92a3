import { either, string } from "../../http/openapi/json-schema.js";
import { answering, answeringAlsoBy, NDJSON_MEDIA, type Operation } from "../../http/openapi/operation.js";
import {
  CHAT_ANSWER,
  EMBED_ANSWER,
  EMBEDDINGS_ANSWER,
  GENERATE_ANSWER,
  PS_ANSWER,
  SHOW_ANSWER,
  STREAM_ERROR,
  TAGS_ANSWER,
  VERSION_ANSWER,
} from "./described-answers.js";
import {
  CHAT_BODY,
  EMBED_BODY,
  EMBEDDINGS_BODY,
  EXAMPLE_MESSAGES,
  GENERATE_BODY,
  SHOW_BODY,
} from "./described-requests.js";

const EXAMPLE_MODEL = "flock-tiny";

/** Ollama's routes, as `/openapi.json` describes them. */
export const OPERATIONS = {
  root: {
    id: "ollamaRoot",
    summary: "Whether somebody is there",
    description: "Who asks for `text/html` rather than for a text is sent to `/console/` (302).",
    answers: { "text/plain": { description: "`Ollama is running`" } },
  },
  version: {
    id: "ollamaVersion",
    summary: "The Ollama release whose API this is",
    answers: answering(VERSION_ANSWER, "Its number."),
  },
  generate: {
    id: "ollamaGenerate",
    summary: "Go on from a text",
    isJob: true,
    body: {
      schema: GENERATE_BODY,
      example: { model: EXAMPLE_MODEL, prompt: "Once there was a llama", stream: false },
    },
    answers: answeringAlsoBy(NDJSON_MEDIA, {
      whole: GENERATE_ANSWER,
      piece: either("A piece, or the error that ends the stream.", GENERATE_ANSWER, STREAM_ERROR),
    }),
  },
  chat: {
    id: "ollamaChat",
    summary: "Answer a conversation",
    isJob: true,
    body: { schema: CHAT_BODY, example: { model: EXAMPLE_MODEL, messages: EXAMPLE_MESSAGES, stream: false } },
    answers: answeringAlsoBy(NDJSON_MEDIA, {
      whole: CHAT_ANSWER,
      piece: either("A piece, or the error that ends the stream.", CHAT_ANSWER, STREAM_ERROR),
    }),
  },
  embed: {
    id: "ollamaEmbed",
    summary: "Make vectors of texts",
    isJob: true,
    body: { schema: EMBED_BODY, example: { model: EXAMPLE_MODEL, input: ["llama", "alpaca"] } },
    answers: answering(EMBED_ANSWER, "A vector for each text."),
  },
  embeddings: {
    id: "ollamaEmbeddings",
    summary: "Make a vector of a text (the older form)",
    isJob: true,
    body: { schema: EMBEDDINGS_BODY, example: { model: EXAMPLE_MODEL, prompt: "llama" } },
    answers: answering(EMBEDDINGS_ANSWER, "The vector."),
  },
  tags: {
    id: "ollamaTags",
    summary: "The models that can be used now",
    answers: answering(TAGS_ANSWER, "The models."),
  },
  show: {
    id: "ollamaShow",
    summary: "One model, whether it can be used now or not",
    body: { schema: SHOW_BODY, example: { model: EXAMPLE_MODEL } },
    answers: answering(SHOW_ANSWER, "The model."),
    errors: ["not_found"],
  },
  ps: {
    id: "ollamaPs",
    summary: "The models that some worker has in memory",
    answers: answering(PS_ANSWER, "The models."),
  },
} as const satisfies Readonly<Record<string, Operation>>;

/** Of a route that is always refused. */
export function refusedOperation(id: string, path?: Operation["path"]): Operation {
  return {
    id,
    summary: "Refused: models belong to workers",
    description: "Always 403. Nothing of a body is looked at.",
    ...(path === undefined ? {} : { path }),
  };
}

export const DIGEST_PATH = { digest: string("Of a file.") };
