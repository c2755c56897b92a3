import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  type EmbeddingModel,
  embedMany,
  generateText,
  jsonSchema,
  type LanguageModel,
  Output,
  streamText,
  tool,
} from "ai";
import { createOllama } from "ollama-ai-provider-v2";
import {
  type Access,
  CAPITAL_SCHEMA,
  failureWith,
  Heard,
  type Library,
  type Question,
  saidWhole,
  type ToldFault,
  untilAborted,
  WEATHER_TOOL,
} from "./library.js";

/** An error in the middle of a stream is a part of it, and no object of a class. */
const TOLD_IN_PART: ToldFault = { kind: "Object", hasStatus: false };

// What a provider does not support is no news to a test, and would be printed.
globalThis.AI_SDK_LOG_WARNINGS = false;

/** How the `ai` package reaches a dialect. */
interface Provider {
  readonly name: string;
  /** What is thrown for an error in the middle of a stream. */
  readonly middle: ToldFault;
  readonly model: (access: Access, model: string) => LanguageModel;
  readonly embeddingModel?: (access: Access, model: string) => EmbeddingModel;
  /** What must be said in the provider's own way. */
  readonly options?: (
    question: Question,
  ) => NonNullable<Parameters<typeof generateText>[0]["providerOptions"]>;
}

const TOLD: ToldFault = { kind: APICallError.name };
const tools = {
  [WEATHER_TOOL.name]: tool({
    description: WEATHER_TOOL.description,
    inputSchema: jsonSchema(WEATHER_TOOL.parameters),
  }),
};

/** What a careful program makes of an answer whose end gives neither of the two reasons to end. */
class NotWhole extends Error {}

/** Vercel's `ai` package, the same over every provider. */
function overProvider({ name, middle, model, embeddingModel, options }: Provider): Library {
  const settings = (question: Question) => ({
    prompt: question.prompt,
    maxOutputTokens: question.tokensMax,
    temperature: 0,
    maxRetries: 0,
    ...(options === undefined ? {} : { providerOptions: options(question) }),
  });
  /** A stream's errors are parts of it; programs that want them thrown do as this does. */
  const streamOf = (access: Access, question: Question, more: object = {}) =>
    streamText({
      model: model(access, question.model),
      ...settings(question),
      // It would print them.
      onError: () => {},
      ...more,
    });
  return {
    name: `ai, with ${name}`,
    faults: { 400: TOLD, 401: TOLD, 402: TOLD, 404: TOLD, 429: TOLD, 503: TOLD, middle },
    async ask(access, question, manner) {
      if (manner === "whole") {
        const { text, usage } = await generateText({
          model: model(access, question.model),
          ...settings(question),
        });
        return saidWhole(text, usage.inputTokens, usage.outputTokens);
      }
      const heard = new Heard();
      for await (const part of streamOf(access, question).fullStream) {
        if (part.type === "error") throw part.error;
        if (part.type === "text-delta") heard.piece(part.text);
        if (part.type !== "finish") continue;
        if (part.finishReason !== "stop" && part.finishReason !== "length")
          throw new NotWhole(part.finishReason);
        heard.usage(part.totalUsage.inputTokens, part.totalUsage.outputTokens);
      }
      return heard.said;
    },
    async callTool(access, question, manner) {
      if (manner === "whole") {
        const { toolCalls } = await generateText({
          model: model(access, question.model),
          ...settings(question),
          tools,
        });
        return toolCalls.map(({ toolName, input }) => ({ name: toolName, arguments: input }));
      }
      const calls = [];
      for await (const part of streamOf(access, question, { tools }).fullStream) {
        if (part.type === "error") throw part.error;
        if (part.type === "tool-call") calls.push({ name: part.toolName, arguments: part.input });
      }
      return calls;
    },
    async fit(access, question) {
      const { output } = await generateText({
        model: model(access, question.model),
        ...settings(question),
        output: Output.object({ schema: jsonSchema(CAPITAL_SCHEMA) }),
      });
      return output;
    },
    ...(embeddingModel === undefined
      ? {}
      : {
          embed: async (access: Access, name: string, values: string[]) =>
            (await embedMany({ model: embeddingModel(access, name), values, maxRetries: 0 })).embeddings,
        }),
    async leave(access, question) {
      const abort = new AbortController();
      await untilAborted(async () => {
        const { fullStream } = streamOf(access, question, { abortSignal: abort.signal });
        for await (const { type } of fullStream) if (type === "text-delta") abort.abort();
      });
    },
    failureOf: (thrown) => {
      const failure = failureWith("statusCode", thrown);
      // The provider for Ollama reads errors of OpenAI's form alone, so that Ollama's text is in the body only.
      const body = APICallError.isInstance(thrown) ? (thrown.responseBody ?? "") : "";
      return { ...failure, message: `${failure.message} ${body}` };
    },
  };
}

const ollama = ({ baseUrl, apiKey }: Access) =>
  createOllama({ baseURL: `${baseUrl}/api`, headers: { Authorization: `Bearer ${apiKey}` } });
const openai = ({ baseUrl, apiKey }: Access) => createOpenAI({ baseURL: `${baseUrl}/v1`, apiKey });
const compatible = ({ baseUrl, apiKey }: Access) =>
  createOpenAICompatible({
    name: "flock",
    baseURL: `${baseUrl}/v1`,
    apiKey,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
const anthropic = ({ baseUrl, apiKey }: Access) => createAnthropic({ baseURL: `${baseUrl}/v1`, apiKey });

export const AI_OLLAMA = overProvider({
  name: "ollama-ai-provider-v2",
  // It drops the line with the error. A real Ollama's as well.
  middle: { kind: "NotWhole", hasStatus: false, hasWords: false },
  model: (access, model) => ollama(access)(model),
  embeddingModel: (access, model) => ollama(access).embedding(model),
  // It sends the settings that all providers have where Ollama does not look for them.
  options: ({ tokensMax }) => ({ ollama: { options: { temperature: 0, num_predict: tokensMax } } }),
});
export const AI_OPENAI = overProvider({
  name: "@ai-sdk/openai (responses)",
  middle: TOLD_IN_PART,
  model: (access, model) => openai(access)(model),
  embeddingModel: (access, model) => openai(access).embedding(model),
});
export const AI_COMPATIBLE = overProvider({
  name: "@ai-sdk/openai-compatible",
  middle: TOLD_IN_PART,
  model: (access, model) => compatible(access)(model),
  embeddingModel: (access, model) => compatible(access).embeddingModel(model),
});
export const AI_ANTHROPIC = overProvider({
  name: "@ai-sdk/anthropic",
  middle: TOLD_IN_PART,
  model: (access, model) => anthropic(access)(model),
  // For a model whose name it does not know it would force the call of a tool, as no Ollama can.
  options: () => ({ anthropic: { structuredOutputMode: "outputFormat" } }),
});
