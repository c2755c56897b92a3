import Anthropic from "@anthropic-ai/sdk";
import {
  type Access,
  CAPITAL_SCHEMA,
  failureWith,
  Heard,
  type Library,
  type Question,
  saidWhole,
  untilAborted,
  WEATHER_TOOL,
} from "./library.js";

const clientOf = ({ baseUrl, apiKey }: Access) => new Anthropic({ baseURL: baseUrl, apiKey, maxRetries: 0 });
const message = ({ model, prompt, tokensMax }: Question) => ({
  model,
  messages: [{ role: "user" as const, content: prompt }],
  temperature: 0,
  max_tokens: tokensMax,
});
const { parameters, ...named } = WEATHER_TOOL;
const tools = [{ ...named, input_schema: parameters }];

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === "text" ? block.text : "")).join("");
}

/** Anthropic's own library. */
export const ANTHROPIC: Library = {
  name: "@anthropic-ai/sdk",
  faults: {
    400: { kind: "BadRequestError" },
    401: { kind: "AuthenticationError" },
    402: { kind: "PaymentRequiredError" },
    404: { kind: "NotFoundError" },
    429: { kind: "RateLimitError" },
    503: { kind: "ServiceUnavailableError" },
    middle: { kind: "APIError", hasStatus: false },
  },
  async ask(access, question, manner) {
    if (manner === "whole") {
      const answer = await clientOf(access).messages.create(message(question));
      return saidWhole(textOf(answer), answer.usage.input_tokens, answer.usage.output_tokens);
    }
    const heard = new Heard();
    const stream = clientOf(access).messages.stream(message(question));
    stream.on("text", (text) => heard.piece(text));
    const { usage } = await stream.finalMessage();
    heard.usage(usage.input_tokens, usage.output_tokens);
    return heard.said;
  },
  async callTool(access, question, manner) {
    const request = { ...message(question), tools };
    const { content } =
      manner === "whole"
        ? await clientOf(access).messages.create(request)
        : await clientOf(access).messages.stream(request).finalMessage();
    return content.flatMap((block) =>
      block.type === "tool_use" ? [{ name: block.name, arguments: block.input }] : [],
    );
  },
  async fit(access, question) {
    const answer = await clientOf(access).messages.create({
      ...message(question),
      output_config: { format: { type: "json_schema", schema: CAPITAL_SCHEMA } },
    });
    return JSON.parse(textOf(answer));
  },
  async leave(access, question) {
    const stream = clientOf(access).messages.stream(message(question));
    stream.on("text", () => stream.abort());
    await untilAborted(async () => void (await stream.finalMessage()));
  },
  failureOf: (thrown) => failureWith("status", thrown),
};
