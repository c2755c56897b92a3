import { Ollama } from "ollama";
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

const TOLD: ToldFault = { kind: "ResponseError" };
const clientOf = ({ baseUrl, apiKey }: Access) =>
  new Ollama({ host: baseUrl, headers: { Authorization: `Bearer ${apiKey}` } });
const chat = ({ model, prompt, tokensMax }: Question) => ({
  model,
  messages: [{ role: "user", content: prompt }],
  options: { temperature: 0, num_predict: tokensMax },
});
const tools = [{ type: "function", function: WEATHER_TOOL }];

/** Ollama's own library. */
export const OLLAMA: Library = {
  name: "ollama",
  faults: {
    400: TOLD,
    401: TOLD,
    402: TOLD,
    404: TOLD,
    429: TOLD,
    503: TOLD,
    middle: { kind: "Error", hasStatus: false },
  },
  async ask(access, question, manner) {
    if (manner === "whole") {
      const { message, prompt_eval_count, eval_count } = await clientOf(access).chat(chat(question));
      return saidWhole(message.content, prompt_eval_count, eval_count);
    }
    const heard = new Heard();
    for await (const part of await clientOf(access).chat({ ...chat(question), stream: true })) {
      heard.piece(part.message.content);
      heard.usage(part.prompt_eval_count, part.eval_count);
    }
    return heard.said;
  },
  async callTool(access, question, manner) {
    const request = { ...chat(question), tools };
    const calls = [];
    if (manner === "whole") calls.push(...((await clientOf(access).chat(request)).message.tool_calls ?? []));
    else
      for await (const { message } of await clientOf(access).chat({ ...request, stream: true }))
        calls.push(...(message.tool_calls ?? []));
    return calls.map((call) => ({ name: call.function.name, arguments: call.function.arguments }));
  },
  async fit(access, question) {
    const { message } = await clientOf(access).chat({ ...chat(question), format: CAPITAL_SCHEMA });
    return JSON.parse(message.content);
  },
  embed: async (access, model, input) => (await clientOf(access).embed({ model, input })).embeddings,
  async leave(access, question) {
    const stream = await clientOf(access).chat({ ...chat(question), stream: true });
    await untilAborted(async () => {
      for await (const { message } of stream) if (message.content !== "") stream.abort();
    });
  },
  failureOf: (thrown) => failureWith("status_code", thrown),
};
