import fc from "fast-check";
import type { AnswerPiece } from "../../answers/answer-piece.js";
import { ChatFormat } from "./chat-format.js";

type Json = Record<string, unknown>;
interface Chunk {
  readonly id: string;
  readonly created: number;
  readonly choices: readonly { readonly delta: Json; readonly finish_reason: string | null }[];
  readonly usage?: Json;
}

const NOTHING: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };
const RESULT = { doneReason: "stop", promptTokens: 3, completionTokens: 4 };
const USAGE = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
const call = (name: string, given: object = {}) => ({ function: { name, arguments: { ...given } } });
const format = (includesUsage = false) => new ChatFormat("request-1", 'my"model', includesUsage);

/** Every event, whole; `[DONE]` is the last of an answer that is. */
function eventsIn(text: string): string[] {
  expect(text.endsWith("\n\n")).toBe(true);
  return text
    .slice(0, -2)
    .split("\n\n")
    .map((event) => {
      expect(event).toMatch(/^data: [^\n]+$/);
      return event.slice("data: ".length);
    });
}

function chunksOf(pieces: readonly Partial<AnswerPiece>[], result = RESULT, includesUsage = false): Chunk[] {
  const answer = format(includesUsage);
  const frames = pieces.map((piece) => answer.piece({ ...NOTHING, ...piece }));
  const events = eventsIn([...frames, answer.end(result)].join(""));
  expect(events.pop()).toBe("[DONE]");
  return events.map((event): Chunk => JSON.parse(event));
}
const deltasOf = (chunks: readonly Chunk[]) => chunks.flatMap(({ choices }) => choices.map((c) => c.delta));

describe("a chat that is streamed", () => {
  it.each([
    [
      "text",
      [{ text: "Hi" }, { text: " there" }],
      [{ role: "assistant", content: "Hi" }, { content: " there" }, {}],
    ],
    [
      "thinking before text",
      [{ thinking: "hm" }, { text: "Hi" }],
      [{ role: "assistant", content: "", reasoning: "hm" }, { content: "Hi" }, {}],
    ],
    [
      "thinking and text in one piece, in deltas of their own",
      [{ thinking: "hm", text: "Hi" }],
      [{ role: "assistant", content: "", reasoning: "hm" }, { content: "Hi" }, {}],
    ],
    [
      "tool calls, counted over the whole answer",
      [{ toolCalls: [call("f", { a: 1 }), call("g")] }, { text: "and", toolCalls: [call("h")] }],
      [
        {
          role: "assistant",
          content: "",
          tool_calls: [
            {
              id: expect.stringMatching(/^call_[0-9a-f]{24}$/),
              index: 0,
              type: "function",
              function: { name: "f", arguments: '{"a":1}' },
            },
            expect.objectContaining({ index: 1, function: { name: "g", arguments: "{}" } }),
          ],
        },
        { content: "and", tool_calls: [expect.objectContaining({ index: 2 })] },
        {},
      ],
    ],
    [
      "the id that the engine gave a call, which the engine will know again",
      [{ toolCalls: [{ id: "call_abc", ...call("f") }] }],
      [{ role: "assistant", content: "", tool_calls: [expect.objectContaining({ id: "call_abc" })] }, {}],
    ],
    [
      "a token without text",
      [{ logprobs: [{ token: "", logprob: -1 }] }],
      [{ role: "assistant", content: "" }, {}],
    ],
    ["nothing at all", [], [{ role: "assistant", content: "" }, {}]],
  ] as const)("has deltas of %s", (_what, pieces, deltas) => {
    expect(deltasOf(chunksOf(pieces))).toEqual(deltas);
  });

  it("is in chunks of one form", () => {
    const [first, last] = chunksOf([{ text: "Hi" }]);
    const common = {
      id: "chatcmpl-request-1",
      object: "chat.completion.chunk",
      created: expect.any(Number),
      model: 'my"model',
      system_fingerprint: "fp_ollama",
    };
    expect(first).toEqual({
      ...common,
      choices: [{ index: 0, delta: { role: "assistant", content: "Hi" }, finish_reason: null }],
    });
    expect(last).toEqual({ ...common, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
  });

  it.each([
    ["stop", [], "stop"],
    ["length", [], "length"],
    ["stop", [call("f")], "tool_calls"],
    ["length", [call("f")], "length"],
  ])("that ends with %s, after the calls %j, has the reason %s", (doneReason, toolCalls, reason) => {
    const chunks = chunksOf([{ text: "x", toolCalls }], { ...RESULT, doneReason });
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe(reason);
    const body = format().whole({ ...NOTHING, toolCalls, result: { ...RESULT, doneReason } });
    expect(JSON.parse(body).choices[0].finish_reason).toBe(reason);
  });

  it("tells usage in a chunk of its own, if it was asked for", () => {
    const chunks = chunksOf([{ text: "x" }], RESULT, true);
    expect(chunks.map(({ usage }) => usage)).toEqual([undefined, undefined, USAGE]);
    expect(chunks.at(-1)?.choices).toEqual([]);
  });

  it("has logprobs in OpenAI's form", () => {
    const logprobs = [
      { token: "Hi", logprob: -0.25, bytes: [72, 105], top_logprobs: [{ token: "Ho", logprob: -2 }], x: 1 },
      { token: "!", logprob: -1 },
      { token: 5, bytes: "no", top_logprobs: {} },
    ];
    const read = {
      content: [
        {
          token: "Hi",
          logprob: -0.25,
          bytes: [72, 105],
          top_logprobs: [{ token: "Ho", logprob: -2, bytes: null }],
        },
        { token: "!", logprob: -1, bytes: null, top_logprobs: [] },
        { token: "", logprob: 0, bytes: null, top_logprobs: [] },
      ],
    };
    const [chunk] = chunksOf([{ text: "Hi!", logprobs }]);
    expect(chunk?.choices[0]).toHaveProperty("logprobs", read);
    const body = format().whole({ ...NOTHING, logprobs, result: RESULT });
    expect(JSON.parse(body).choices[0].logprobs).toEqual(read);
  });

  it("ends with an error alone when it fails: no reason to finish, and no [DONE]", () => {
    const answer = format(true);
    answer.piece({ ...NOTHING, text: "Hi" });
    expect(answer.error({ code: "aborted", message: 'a "b"\n\nc' })).toBe(
      'data: {"error":{"message":"a \\"b\\"\\n\\nc","type":"api_error","param":null,"code":null}}\n\n',
    );
    expect(JSON.parse(eventsIn(answer.error({ code: "unavailable", message: "busy" }))[0] ?? "")).toEqual({
      error: { message: "busy", type: "api_error", param: null, code: "overloaded" },
    });
  });

  it("says the same as one that is not streamed, whatever its pieces are and wherever it is cut", () => {
    const text = fc.string({ unit: "binary", maxLength: 5 });
    const piece = fc.record({
      text,
      thinking: fc.oneof(fc.constant(""), text),
      logprobs: fc.array(fc.constant({ token: "t", logprob: -1 }), { maxLength: 2 }),
      toolCalls: fc.array(
        fc.record({ function: fc.record({ name: fc.string(), arguments: fc.constant({ "\n": 1 }) }) }),
        { maxLength: 2 },
      ),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), fc.boolean(), (pieces, includesUsage) => {
        const chunks = chunksOf(pieces, RESULT, includesUsage);
        expect(new Set(chunks.map(({ id, created }) => `${id} ${created}`)).size).toBe(1);
        const deltas = deltasOf(chunks);
        expect(deltas.map(({ role }) => role)).toEqual([
          "assistant",
          ...deltas.slice(1).map(() => undefined),
        ]);
        for (const delta of deltas)
          expect(Boolean(delta["reasoning"]) && delta["content"] !== "").toBe(false);
        const finished = chunks.filter(({ choices }) => choices[0]?.finish_reason);
        expect(finished).toHaveLength(1);
        const told = chunks.filter((chunk) => chunk.usage !== undefined || chunk.choices.length === 0);
        expect(told).toHaveLength(includesUsage ? 1 : 0);

        const join = (member: "text" | "thinking") => pieces.map((each) => each[member]).join("");
        const whole = JSON.parse(
          format().whole({
            text: join("text"),
            thinking: join("thinking"),
            logprobs: pieces.flatMap(({ logprobs }) => logprobs),
            toolCalls: pieces.flatMap(({ toolCalls }) => toolCalls),
            result: RESULT,
          }),
        );
        const [{ message, finish_reason: reason, logprobs }] = whole.choices;
        const calls = deltas.flatMap((delta) => (delta["tool_calls"] as Json[] | undefined) ?? []);
        const withoutId = (list: Json[] = []) => list.map(({ id: _id, ...rest }) => rest);
        expect(deltas.map((delta) => delta["content"] ?? "").join("")).toBe(message.content);
        expect(deltas.map((delta) => delta["reasoning"] ?? "").join("")).toBe(message.reasoning ?? "");
        expect(withoutId(calls)).toEqual(withoutId(message.tool_calls));
        expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
        expect(finished[0]?.choices[0]?.finish_reason).toBe(reason);
        const streamed = chunks.flatMap(
          ({ choices }) =>
            (choices[0] as { logprobs?: { content: Json[] } } | undefined)?.logprobs?.content ?? [],
        );
        expect(streamed).toEqual(logprobs?.content ?? []);
        expect(whole.usage).toEqual(USAGE);
      }),
    );
  });
});

describe("a chat that is not streamed", () => {
  it("is one object", () => {
    const answer = { ...NOTHING, text: "Hi", thinking: "hm", toolCalls: [call("f", { a: [1] })] };
    expect(JSON.parse(format(true).whole({ ...answer, result: RESULT }))).toEqual({
      id: "chatcmpl-request-1",
      object: "chat.completion",
      created: expect.any(Number),
      model: 'my"model',
      system_fingerprint: "fp_ollama",
      choices: [
        {
          index: 0,
          message: {
            role: "assistant",
            content: "Hi",
            reasoning: "hm",
            tool_calls: [
              {
                id: expect.stringMatching(/^call_/),
                index: 0,
                type: "function",
                function: { name: "f", arguments: '{"a":[1]}' },
              },
            ],
          },
          finish_reason: "tool_calls",
        },
      ],
      usage: USAGE,
    });
  });
});
