import type { JobResult } from "@flock/jobs";
import fc from "fast-check";
import type { AnswerPiece } from "../../answers/answer-piece.js";
import { MessageFormat } from "./message-format.js";

const REQUEST = {
  requestId: "12345678-1234-1234-1234-123456789abc",
  model: 'my"model',
  inputTokensEstimate: 9,
};
const NOTHING: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };
const RESULT: JobResult = {
  outcome: "completed",
  doneReason: "stop",
  promptTokens: 3,
  completionTokensBound: "exact",
  completionTokens: 4,
  loadDurationNs: 5,
  promptEvalDurationNs: 6,
  evalDurationNs: 7,
  embeddingsJson: new Uint8Array(),
  leases: 1,
  chargeMicro: 0n,
  workerIds: ["w"],
  timings: { queueMs: 0, claimMs: 0, prefillMs: 0, decodeMs: 0 },
};
const CALL = { id: "call_1", function: { name: "f", arguments: { a: [1, { b: null }] } } };
const MESSAGE = {
  id: "msg_12345678123412341234123456789abc",
  type: "message",
  role: "assistant",
  model: 'my"model',
  stop_sequence: null,
};
const USAGE = { input_tokens: 3, output_tokens: 4 };

interface Event {
  readonly type: string;
  readonly index?: number;
  readonly content_block?: { readonly type: string };
  readonly delta?: Readonly<Record<string, string>>;
}

/** The events of whole frames; throws if anything else is in between. */
function eventsOf(frames: string): Event[] {
  return frames
    .split("\n\n")
    .slice(0, -1)
    .map((frame) => {
      const [, name, data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      const event = JSON.parse(data) as Event;
      expect(event.type).toBe(name);
      return event;
    });
}

function streamed(pieces: readonly Partial<AnswerPiece>[], result: Partial<JobResult> = {}): Event[] {
  const format = new MessageFormat(REQUEST);
  const frames = pieces.map((piece) => format.piece({ ...NOTHING, ...piece }));
  return eventsOf(frames.join("") + format.end({ ...RESULT, ...result }));
}

const whole = (answer: Partial<AnswerPiece>, result: Partial<JobResult> = {}) =>
  JSON.parse(new MessageFormat(REQUEST).whole({ ...NOTHING, ...answer, result: { ...RESULT, ...result } }));

describe("a streamed message", () => {
  it("opens, fills and closes one block after the other", () => {
    const pieces = [
      { thinking: "h" },
      { thinking: "m" },
      { text: "Let " },
      { text: "me" },
      { toolCalls: [CALL] },
    ];
    const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });
    expect(streamed(pieces)).toEqual([
      {
        type: "message_start",
        message: {
          ...MESSAGE,
          content: [],
          stop_reason: null,
          usage: { input_tokens: 9, output_tokens: 0 },
        },
      },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "thinking", thinking: "", signature: "" },
      },
      delta(0, { type: "thinking_delta", thinking: "h" }),
      delta(0, { type: "thinking_delta", thinking: "m" }),
      { type: "content_block_stop", index: 0 },
      { type: "content_block_start", index: 1, content_block: { type: "text", text: "" } },
      delta(1, { type: "text_delta", text: "Let " }),
      delta(1, { type: "text_delta", text: "me" }),
      { type: "content_block_stop", index: 1 },
      {
        type: "content_block_start",
        index: 2,
        content_block: { type: "tool_use", id: "call_1", name: "f", input: {} },
      },
      delta(2, { type: "input_json_delta", partial_json: '{"a":[1,{"b":null}]}' }),
      { type: "content_block_stop", index: 2 },
      { type: "message_delta", delta: { stop_reason: "tool_use", stop_sequence: null }, usage: USAGE },
      { type: "message_stop" },
    ]);
  });

  it("without a piece begins and ends all the same", () => {
    expect(streamed([]).map(({ type }) => type)).toEqual(["message_start", "message_delta", "message_stop"]);
  });

  it("has at most one open block, numbered from 0, whatever the pieces, and says the same as they", () => {
    const piece = fc.record({
      text: fc.string({ unit: "binary" }),
      thinking: fc.string({ unit: "binary" }),
      toolCalls: fc.array(fc.constant(CALL), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const said = { text: "", thinking: "" };
        let open: number | undefined;
        let next = 0;
        let calls = 0;
        for (const { type, index, delta, content_block: block } of streamed(pieces)) {
          if (type === "content_block_start") {
            expect([open, index]).toEqual([undefined, next]);
            open = index;
            if (block?.type === "tool_use") calls += 1;
          } else if (type === "content_block_stop") {
            expect(index).toBe(open);
            open = undefined;
            next += 1;
          } else if (type === "content_block_delta") {
            expect(index).toBe(open);
            said.text += delta?.["text"] ?? "";
            said.thinking += delta?.["thinking"] ?? "";
          } else expect(open).toBeUndefined();
        }
        expect(said).toEqual({
          text: pieces.map(({ text }) => text).join(""),
          thinking: pieces.map(({ thinking }) => thinking).join(""),
        });
        expect(calls).toBe(pieces.flatMap(({ toolCalls }) => toolCalls).length);
      }),
    );
  });

  it("that fails in the middle ends with an error, and without message_stop", () => {
    const format = new MessageFormat(REQUEST);
    format.piece({ ...NOTHING, text: "Hi" });
    expect(eventsOf(format.error({ code: "aborted", message: "no" }))).toEqual([
      { type: "error", error: { type: "api_error", message: "no" }, request_id: REQUEST.requestId },
    ]);
    expect(eventsOf(format.error({ code: "unavailable", message: "busy" }))).toMatchObject([
      { error: { type: "overloaded_error" } },
    ]);
  });
});

describe("a whole message", () => {
  it("has a block for each kind of what was said", () => {
    expect(whole({ thinking: "hm", text: "Hi", toolCalls: [CALL] })).toEqual({
      ...MESSAGE,
      content: [
        { type: "thinking", thinking: "hm", signature: "" },
        { type: "text", text: "Hi" },
        { type: "tool_use", id: "call_1", name: "f", input: CALL.function.arguments },
      ],
      stop_reason: "tool_use",
      usage: USAGE,
    });
    expect(whole({}).content).toEqual([]);
  });

  it("says so where the count of tokens is not the engine's own", () => {
    expect(whole({}, { completionTokensBound: "lower" }).usage).toEqual({
      ...USAGE,
      output_tokens_bound: "lower",
    });
  });

  it.each([
    ["stop", [], "end_turn"],
    ["length", [], "max_tokens"],
    ["", [], "end_turn"],
    ["stop", [CALL], "tool_use"],
    ["length", [CALL], "tool_use"],
  ])(
    "that ended by %j with the calls %j has the same stop reason as a stream: %s",
    (doneReason, toolCalls, reason) => {
      expect(whole({ toolCalls }, { doneReason }).stop_reason).toBe(reason);
      expect(streamed([{ toolCalls }], { doneReason }).at(-2)?.delta?.["stop_reason"]).toBe(reason);
    },
  );
});
