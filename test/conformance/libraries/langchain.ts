import type { BaseChatModel } from "@langchain/core/language_models/chat_models";
import type { AIMessageChunk } from "@langchain/core/messages";
import { ChatOllama, OllamaEmbeddings } from "@langchain/ollama";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import {
  type Access,
  CAPITAL_SCHEMA,
  failureWith,
  Heard,
  type Library,
  type Manner,
  type Question,
  type Said,
  type ToolCall,
  untilAborted,
  WEATHER_TOOL,
} from "./library.js";
import { OLLAMA } from "./ollama.js";
import { OPENAI_FAULTS } from "./openai.js";

/** What every chat model of LangChain can do. */
type ChatModel = BaseChatModel & Required<Pick<BaseChatModel, "bindTools">>;

const tools = [{ type: "function" as const, function: WEATHER_TOOL }];

const ollama = ({ baseUrl, apiKey }: Access, { model, tokensMax }: Question): ChatModel =>
  new ChatOllama({
    baseUrl,
    headers: { Authorization: `Bearer ${apiKey}` },
    model,
    numPredict: tokensMax,
    temperature: 0,
    maxRetries: 0,
  });

const openai = ({ baseUrl, apiKey }: Access, { model, tokensMax }: Question): ChatModel =>
  new ChatOpenAI({
    configuration: { baseURL: `${baseUrl}/v1` },
    apiKey,
    model,
    maxTokens: tokensMax,
    temperature: 0,
    maxRetries: 0,
  });

async function ask(model: ChatModel, prompt: string, manner: Manner): Promise<Said> {
  const heard = new Heard();
  const parts = manner === "whole" ? [await model.invoke(prompt)] : await model.stream(prompt);
  for await (const { text, usage_metadata: usage } of parts as AsyncIterable<AIMessageChunk>) {
    heard.piece(text);
    heard.usage(usage?.input_tokens, usage?.output_tokens);
  }
  return heard.said;
}

async function callTool(model: ChatModel, prompt: string, manner: Manner): Promise<readonly ToolCall[]> {
  const able = model.bindTools(tools);
  let answer: AIMessageChunk | undefined;
  if (manner === "whole") answer = await able.invoke(prompt);
  else for await (const part of await able.stream(prompt)) answer = answer?.concat(part) ?? part;
  return (answer?.tool_calls ?? []).map(({ name, args }) => ({ name, arguments: args }));
}

function leave(model: ChatModel, prompt: string): Promise<void> {
  const abort = new AbortController();
  return untilAborted(async () => {
    for await (const { text } of await model.stream(prompt, { signal: abort.signal }))
      if (text !== "") abort.abort();
  });
}

/** The members that are the same for every chat model of LangChain. */
function libraryOf(modelOf: (access: Access, question: Question) => ChatModel) {
  return {
    ask: (access, question, manner) => ask(modelOf(access, question), question.prompt, manner),
    callTool: (access, question, manner) => callTool(modelOf(access, question), question.prompt, manner),
    fit: (access, question) =>
      modelOf(access, question)
        .withStructuredOutput(CAPITAL_SCHEMA, { name: "capital", method: "jsonSchema" })
        .invoke(question.prompt),
    leave: (access, question) => leave(modelOf(access, question), question.prompt),
  } satisfies Partial<Library>;
}

export const LANGCHAIN_OLLAMA: Library = {
  name: "@langchain/ollama",
  faults: OLLAMA.faults,
  ...libraryOf(ollama),
  embed: ({ baseUrl, apiKey }, model, inputs) =>
    new OllamaEmbeddings({
      baseUrl,
      headers: { Authorization: `Bearer ${apiKey}` },
      model,
      maxRetries: 0,
    }).embedDocuments(inputs),
  failureOf: (thrown) => failureWith("status_code", thrown),
};

export const LANGCHAIN_OPENAI: Library = {
  name: "@langchain/openai",
  faults: OPENAI_FAULTS,
  ...libraryOf(openai),
  embed: ({ baseUrl, apiKey }, model, inputs) =>
    new OpenAIEmbeddings({
      configuration: { baseURL: `${baseUrl}/v1` },
      apiKey,
      model,
      maxRetries: 0,
    }).embedDocuments(inputs),
  failureOf: (thrown) => failureWith("status", thrown),
};
