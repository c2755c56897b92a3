import OpenAI from "openai";
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

/** As its classes are named; it has none for 402, and none for an error that is an event. */
export const OPENAI_FAULTS = {
  400: { kind: "BadRequestError" },
  401: { kind: "AuthenticationError" },
  402: { kind: "APIError" },
  404: { kind: "NotFoundError" },
  429: { kind: "RateLimitError" },
  503: { kind: "InternalServerError" },
  middle: { kind: "APIError", hasStatus: false },
} satisfies Readonly<Record<string, ToldFault>>;

const clientOf = ({ baseUrl, apiKey }: Access) =>
  new OpenAI({ baseURL: `${baseUrl}/v1`, apiKey, maxRetries: 0 });
const chat = ({ model, prompt, tokensMax }: Question) => ({
  model,
  messages: [{ role: "user" as const, content: prompt }],
  temperature: 0,
  max_completion_tokens: tokensMax,
});
const tools = [{ type: "function" as const, function: WEATHER_TOOL }];

/** OpenAI's own library, with chat completions. */
export const OPENAI: Library = {
  name: "openai (chat completions)",
  faults: OPENAI_FAULTS,
  async ask(access, question, manner) {
    if (manner === "whole") {
      const { choices, usage } = await clientOf(access).chat.completions.create(chat(question));
      return saidWhole(choices[0]?.message.content ?? "", usage?.prompt_tokens, usage?.completion_tokens);
    }
    const heard = new Heard();
    const stream = await clientOf(access).chat.completions.create({
      ...chat(question),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const { choices, usage } of stream) {
      heard.piece(choices[0]?.delta.content);
      heard.usage(usage?.prompt_tokens, usage?.completion_tokens);
    }
    return heard.said;
  },
  async callTool(access, question, manner) {
    const request = { ...chat(question), tools };
    const { choices } =
      manner === "whole"
        ? await clientOf(access).chat.completions.create(request)
        : await clientOf(access).chat.completions.stream(request).finalChatCompletion();
    return (choices[0]?.message.tool_calls ?? []).flatMap((call) =>
      call.type === "function"
        ? [{ name: call.function.name, arguments: JSON.parse(call.function.arguments) }]
        : [],
    );
  },
  async fit(access, question) {
    const { choices } = await clientOf(access).chat.completions.parse({
      ...chat(question),
      response_format: {
        type: "json_schema",
        json_schema: { name: "capital", strict: true, schema: CAPITAL_SCHEMA },
      },
    });
    return JSON.parse(choices[0]?.message.content ?? "");
  },
  embed: async (access, model, input) => {
    const { data } = await clientOf(access).embeddings.create({ model, input });
    return data.map(({ embedding }) => embedding);
  },
  async leave(access, question) {
    const stream = await clientOf(access).chat.completions.create({ ...chat(question), stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.content) break;
  },
  failureOf: (thrown) => failureWith("status", thrown),
};

const input = ({ model, prompt, tokensMax }: Question) => ({
  model,
  input: prompt,
  temperature: 0,
  max_output_tokens: tokensMax,
});
const flatTool = { type: "function" as const, strict: true, ...WEATHER_TOOL };

/** OpenAI's own library, with the Responses API. */
export const OPENAI_RESPONSES: Library = {
  ...OPENAI,
  name: "openai (responses)",
  faults: OPENAI_FAULTS,
  async ask(access, question, manner) {
    if (manner === "whole") {
      const { output_text: text, usage } = await clientOf(access).responses.create(input(question));
      return saidWhole(text, usage?.input_tokens, usage?.output_tokens);
    }
    const heard = new Heard();
    const stream = await clientOf(access).responses.create({ ...input(question), stream: true });
    for await (const event of stream) {
      if (event.type === "response.output_text.delta") heard.piece(event.delta);
      if (event.type === "response.completed" || event.type === "response.incomplete")
        heard.usage(event.response.usage?.input_tokens, event.response.usage?.output_tokens);
      // Not thrown by the library: a response that failed is an event like any other, as OpenAI sends it.
      if (event.type === "response.failed")
        throw new OpenAI.APIError(undefined, undefined, event.response.error?.message, undefined);
    }
    return heard.said;
  },
  async callTool(access, question, manner) {
    const request = { ...input(question), tools: [flatTool] };
    const { output } =
      manner === "whole"
        ? await clientOf(access).responses.create(request)
        : await clientOf(access).responses.stream(request).finalResponse();
    return output.flatMap((item) =>
      item.type === "function_call" ? [{ name: item.name, arguments: JSON.parse(item.arguments) }] : [],
    );
  },
  async fit(access, question) {
    const { output_text: text } = await clientOf(access).responses.create({
      ...input(question),
      text: { format: { type: "json_schema", name: "capital", strict: true, schema: CAPITAL_SCHEMA } },
    });
    return JSON.parse(text);
  },
  async leave(access, question) {
    const stream = await clientOf(access).responses.create({ ...input(question), stream: true });
    await untilAborted(async () => {
      for await (const { type } of stream)
        if (type === "response.output_text.delta") stream.controller.abort();
    });
  },
};
