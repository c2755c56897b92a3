import type { GenericGrpcClient, GenericMessage } from "../conformance/generic-grpc-client.js";

/*
 * One request in every dialect and over gRPC, and what its streamed answer says, whatever the dialect: so that answers
 * can be compared with each other.
 */

export type Kind = "plain" | "logprobs" | "schema" | "thinking" | "tools";
export type Dialect =
  | "ollama chat"
  | "ollama generate"
  | "chat completions"
  | "completions"
  | "responses"
  | "messages"
  | "grpc";

/** What an answer says. */
export interface Story {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly { readonly name: string; readonly arguments: unknown }[];
  /** Texts of the tokens that log probabilities were told for. */
  readonly tokens: readonly string[];
  readonly finish: string;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Everything that stands for the answer or a part of it: each once. */
  readonly ids: readonly string[];
}

/** An answer under way. */
export interface LiveStream {
  /** Of whole lines, events or messages so far. */
  readonly frames: readonly GenericMessage[];
  readonly ended: Promise<{ readonly jobId: string; readonly story: Story }>;
}

export interface Asked {
  readonly model: string;
  readonly kind: Kind;
  readonly prompt: string;
  readonly tokensMax: number;
}

export interface Door {
  readonly apiUrl: string;
  readonly apiKey: string;
  readonly grpc: GenericGrpcClient;
}

export const SCHEMA = {
  type: "object",
  properties: { run: { type: "integer" }, words: { type: "array", items: { type: "string" }, maxItems: 3 } },
  required: ["run", "words"],
};
const PARAMETERS = { type: "object", properties: { city: { type: "string" } } };
const FUNCTION = { name: "get_weather", description: "The weather", parameters: PARAMETERS };
const SEED = 7;

/** Which dialects can ask for what. */
export const KINDS: Readonly<Record<Dialect, readonly Kind[]>> = {
  "ollama chat": ["plain", "logprobs", "schema", "thinking", "tools"],
  "ollama generate": ["plain", "logprobs", "schema", "thinking"],
  "chat completions": ["plain", "logprobs", "schema", "thinking", "tools"],
  completions: ["plain"],
  responses: ["plain", "schema", "thinking", "tools"],
  messages: ["plain", "schema", "thinking", "tools"],
  grpc: ["plain", "logprobs", "schema", "thinking", "tools"],
};

export function openStream(door: Door, dialect: Dialect, asked: Asked): LiveStream {
  if (dialect === "grpc") return grpcStream(door, asked);
  const { path, body } = REQUESTS[dialect](asked);
  const frames: GenericMessage[] = [];
  return {
    frames,
    ended: readHttp(door, path, body, frames).then((jobId) => ({ jobId, story: READERS[dialect](frames) })),
  };
}

type HttpDialect = Exclude<Dialect, "grpc">;

const REQUESTS: Readonly<Record<HttpDialect, (asked: Asked) => { path: string; body: object }>> = {
  "ollama chat": (asked) => ({
    path: "/api/chat",
    body: {
      ...ollamaBody(asked),
      messages: [{ role: "user", content: asked.prompt }],
      ...(asked.kind === "tools" ? { tools: [{ type: "function", function: FUNCTION }] } : {}),
    },
  }),
  "ollama generate": (asked) => ({
    path: "/api/generate",
    body: { ...ollamaBody(asked), prompt: asked.prompt },
  }),
  "chat completions": ({ model, kind, prompt, tokensMax }) => ({
    path: "/v1/chat/completions",
    body: {
      ...{ model, stream: true, stream_options: { include_usage: true }, max_completion_tokens: tokensMax },
      ...{ seed: SEED, temperature: 0, messages: [{ role: "user", content: prompt }] },
      ...(kind === "tools" ? { tools: [{ type: "function", function: FUNCTION }] } : {}),
      ...(kind === "logprobs" ? { logprobs: true, top_logprobs: 2 } : {}),
      ...(kind === "schema"
        ? { response_format: { type: "json_schema", json_schema: { name: "s", schema: SCHEMA } } }
        : {}),
    },
  }),
  completions: ({ model, prompt, tokensMax }) => ({
    path: "/v1/completions",
    body: {
      ...{ model, prompt, stream: true, stream_options: { include_usage: true }, max_tokens: tokensMax },
      ...{ seed: SEED, temperature: 0 },
    },
  }),
  responses: ({ model, kind, prompt, tokensMax }) => ({
    path: "/v1/responses",
    body: {
      ...{ model, input: prompt, stream: true, temperature: 0, max_output_tokens: tokensMax },
      ...(kind === "tools" ? { tools: [{ type: "function", ...FUNCTION }] } : {}),
      ...(kind === "schema" ? { text: { format: { type: "json_schema", name: "s", schema: SCHEMA } } } : {}),
    },
  }),
  messages: ({ model, kind, prompt, tokensMax }) => ({
    path: "/v1/messages",
    body: {
      ...{ model, stream: true, max_tokens: tokensMax, temperature: 0 },
      messages: [{ role: "user", content: prompt }],
      ...(kind === "tools"
        ? { tools: [{ name: FUNCTION.name, description: "The weather", input_schema: PARAMETERS }] }
        : {}),
      ...(kind === "schema" ? { output_config: { format: { type: "json_schema", schema: SCHEMA } } } : {}),
    },
  }),
};

function ollamaBody({ model, kind, tokensMax }: Asked): object {
  return {
    model,
    options: { seed: SEED, temperature: 0, num_predict: tokensMax },
    ...(kind === "logprobs" ? { logprobs: true, top_logprobs: 2 } : {}),
    ...(kind === "schema" ? { format: SCHEMA } : {}),
  };
}

const READERS: Readonly<Record<HttpDialect, (frames: readonly GenericMessage[]) => Story>> = {
  "ollama chat": ollamaStory,
  "ollama generate": ollamaStory,
  "chat completions": chatStory,
  completions: chatStory,
  responses: responsesStory,
  messages: messagesStory,
};

/** Reads whole lines or events into `frames`; resolves with the job's id when the answer has ended. */
async function readHttp(door: Door, path: string, body: object, frames: GenericMessage[]): Promise<string> {
  const response = await fetch(`${door.apiUrl}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${door.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`${path} was refused: ${await response.text()}`);
  const isSse = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  let rest = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + part).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const json = isSse ? /^data: (.*)$/.exec(line)?.[1] : line;
      if (json === "[DONE]") frames.push({ isDone: true });
      else if (json !== undefined && json !== "") frames.push(JSON.parse(json) as GenericMessage);
    }
  }
  if (rest !== "") throw new Error(`${path} ended in the middle of a line`);
  return response.headers.get("x-request-id") ?? "";
}

function grpcStream({ grpc }: Door, { model, kind, prompt, tokensMax }: Asked): LiveStream {
  const frames: GenericMessage[] = [];
  const request = {
    ...{ model, messages: [{ role: "user", content: prompt }] },
    options: { seed: String(SEED), temperature: 0, num_predict: tokensMax },
    ...(kind === "tools"
      ? { tools: [{ name: FUNCTION.name, parameters_json: JSON.stringify(PARAMETERS) }] }
      : {}),
    ...(kind === "logprobs" ? { logprobs: true, top_logprobs: 2 } : {}),
    ...(kind === "schema" ? { json_schema: JSON.stringify(SCHEMA) } : {}),
  };
  const done = grpc.stream("flock.public.v1.Inference", "Chat", request, (message) => frames.push(message));
  return { frames, ended: done.then(() => ({ jobId: grpcDone(frames).job_id, story: grpcStory(frames) })) };
}

interface GrpcDone {
  readonly job_id: string;
  readonly reason: string;
  readonly prompt_tokens: string;
  readonly completion_tokens: string;
}

function grpcDone(frames: readonly GenericMessage[]): GrpcDone {
  expect(frames.filter(({ done }) => done !== null)).toEqual([frames.at(-1)]);
  return frames.at(-1)?.["done"] as GrpcDone;
}

interface GrpcCall {
  readonly id: string;
  readonly name: string;
  readonly arguments_json: string;
}

function grpcStory(frames: readonly GenericMessage[]): Story {
  const done = grpcDone(frames);
  const calls = frames.flatMap((frame) => frame["tool_calls"] as GrpcCall[]);
  return {
    text: joined(frames, (frame) => frame["text"]),
    thinking: joined(frames, (frame) => frame["thinking"]),
    calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments_json) })),
    tokens: frames.flatMap((frame) => (frame["logprobs"] as { token: string }[]).map(({ token }) => token)),
    finish: done.reason,
    promptTokens: Number(done.prompt_tokens),
    completionTokens: Number(done.completion_tokens),
    ids: calls.map(({ id }) => id),
  };
}

interface OllamaCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: unknown };
}

interface OllamaLine {
  readonly response?: string;
  readonly thinking?: string;
  readonly message?: {
    readonly content: string;
    readonly thinking?: string;
    readonly tool_calls?: OllamaCall[];
  };
  readonly logprobs?: { readonly token: string }[];
  readonly done: boolean;
  readonly done_reason?: string;
  readonly prompt_eval_count?: number;
  readonly eval_count?: number;
}

function ollamaStory(frames: readonly GenericMessage[]): Story {
  const lines = frames as unknown as readonly OllamaLine[];
  const last = lines.at(-1);
  expect(lines.filter(({ done }) => done)).toEqual([last]);
  const calls = lines.flatMap(({ message }) => message?.tool_calls ?? []);
  return {
    text: joined(lines, ({ response, message }) => response ?? message?.content),
    thinking: joined(lines, ({ thinking, message }) => thinking ?? message?.thinking),
    calls: calls.map((call) => ({ name: call.function.name, arguments: call.function.arguments })),
    tokens: lines.flatMap(({ logprobs = [] }) => logprobs.map(({ token }) => token)),
    finish: last?.done_reason ?? "",
    promptTokens: last?.prompt_eval_count ?? 0,
    completionTokens: last?.eval_count ?? 0,
    ids: calls.map(({ id }) => id),
  };
}

interface ChatChunk {
  readonly id: string;
  readonly choices: readonly {
    readonly text?: string;
    readonly delta?: {
      readonly content?: string;
      readonly reasoning?: string;
      readonly tool_calls?: { readonly id: string; readonly function: { name: string; arguments: string } }[];
    };
    readonly finish_reason: string | null;
    readonly logprobs?: { readonly content: { readonly token: string }[] } | null;
  }[];
  readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number } | null;
}

function chatStory(frames: readonly GenericMessage[]): Story {
  expect(frames.at(-1)).toEqual({ isDone: true });
  const chunks = frames.slice(0, -1) as unknown as readonly ChatChunk[];
  const choices = chunks.flatMap((chunk) => chunk.choices);
  const calls = choices.flatMap(({ delta }) => delta?.tool_calls ?? []);
  const finishes = choices.flatMap(({ finish_reason: finish }) => (finish === null ? [] : [finish]));
  expect(finishes).toHaveLength(1);
  const usage = chunks.at(-1)?.usage;
  return {
    text: joined(choices, ({ text, delta }) => text ?? delta?.content),
    thinking: joined(choices, ({ delta }) => delta?.reasoning),
    calls: calls.map((call) => ({
      name: call.function.name,
      arguments: JSON.parse(call.function.arguments),
    })),
    tokens: choices.flatMap(({ logprobs }) => logprobs?.content.map(({ token }) => token) ?? []),
    finish: finishes.join(),
    promptTokens: usage?.prompt_tokens ?? 0,
    completionTokens: usage?.completion_tokens ?? 0,
    ids: [...new Set(chunks.map(({ id }) => id)), ...calls.map(({ id }) => id)],
  };
}

interface ResponseEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly delta?: string;
  readonly item?: {
    readonly type: string;
    readonly id: string;
    readonly name?: string;
    readonly arguments?: string;
  };
  readonly response?: {
    readonly id: string;
    readonly status: string;
    readonly usage?: { readonly input_tokens: number; readonly output_tokens: number };
  };
}

function responsesStory(frames: readonly GenericMessage[]): Story {
  const events = frames as unknown as readonly ResponseEvent[];
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
  const of = (type: string) => events.filter((event) => event.type === type);
  const last = events.at(-1)?.response;
  const items = of("response.output_item.done").flatMap(({ item }) => item ?? []);
  // Each item is added once and done once, in the same order.
  expect(of("response.output_item.added").map(({ item }) => item?.id)).toEqual(items.map(({ id }) => id));
  const calls = items.filter(({ type }) => type === "function_call");
  return {
    text: joined(of("response.output_text.delta"), ({ delta }) => delta),
    thinking: joined(of("response.reasoning_summary_text.delta"), ({ delta }) => delta),
    calls: calls.map((call) => ({ name: call.name ?? "", arguments: JSON.parse(call.arguments ?? "") })),
    tokens: [],
    finish: last?.status ?? "",
    promptTokens: last?.usage?.input_tokens ?? 0,
    completionTokens: last?.usage?.output_tokens ?? 0,
    ids: [...new Set(events.flatMap(({ response }) => response?.id ?? [])), ...items.map(({ id }) => id)],
  };
}

interface MessageEvent {
  readonly type: string;
  readonly index?: number;
  readonly message?: { readonly id: string };
  readonly content_block?: { readonly type: string; readonly id?: string; readonly name?: string };
  readonly delta?: {
    readonly text?: string;
    readonly thinking?: string;
    readonly partial_json?: string;
    readonly stop_reason?: string;
  };
  readonly usage?: { readonly input_tokens: number; readonly output_tokens: number };
}

function messagesStory(frames: readonly GenericMessage[]): Story {
  const events = frames as unknown as readonly MessageEvent[];
  expect([events[0]?.type, events.at(-1)?.type]).toEqual(["message_start", "message_stop"]);
  const blocks = events.flatMap(({ content_block: block }) => block ?? []);
  // One block after the other: each is opened, filled and closed.
  const frame = events.filter(({ type }) => /^content_block_(start|stop)$/.test(type));
  expect(frame.map(({ type, index }) => [type, index])).toEqual(
    blocks.flatMap((_block, index) => [
      ["content_block_start", index],
      ["content_block_stop", index],
    ]),
  );
  const json = events.flatMap(({ delta }) => delta?.partial_json ?? []);
  const calls = blocks.filter(({ type }) => type === "tool_use");
  const last = events.find(({ type }) => type === "message_delta");
  return {
    text: joined(events, ({ delta }) => delta?.text),
    thinking: joined(events, ({ delta }) => delta?.thinking),
    calls: calls.map(({ name = "" }, index) => ({ name, arguments: JSON.parse(json[index] ?? "") })),
    tokens: [],
    finish: last?.delta?.stop_reason ?? "",
    promptTokens: last?.usage?.input_tokens ?? 0,
    completionTokens: last?.usage?.output_tokens ?? 0,
    ids: [...events.flatMap(({ message }) => message?.id ?? []), ...calls.map(({ id = "" }) => id)],
  };
}

function joined<T>(parts: readonly T[], textOf: (part: T) => unknown): string {
  return parts.map((part) => String(textOf(part) ?? "")).join("");
}
