import fc from "fast-check";
import type { AnswerPiece } from "../../answers/answer-piece.js";
import { ResponseFormat } from "./response-format.js";
import type { Ending } from "./response-object.js";

const HEX = "12345678123412341234123456789abc";
const HEAD = {
  requestId: "12345678-1234-1234-1234-123456789abc",
  createdUnixS: 1_700_000_000,
  model: 'my"model',
  settings: { temperature: 0.5, instructions: "Be brief." },
};
const NOTHING: AnswerPiece = { text: "", thinking: "", logprobs: [], toolCalls: [] };
const ENDING: Ending = {
  doneReason: "stop",
  promptTokens: 3,
  completionTokens: 4,
  completionTokensBound: "exact",
};
const CALL = { id: "call_1", function: { name: "f", arguments: { a: [1, { b: null }] } } };
const ARGUMENTS = '{"a":[1,{"b":null}]}';

interface Event {
  readonly type: string;
  readonly sequence_number: number;
  readonly output_index?: number;
  readonly item_id?: string;
  readonly delta?: string;
  readonly text?: string;
  readonly item?: { readonly id: string; readonly type: string };
  readonly response?: { readonly output: readonly object[]; readonly status: string };
}

/** The events of whole frames; throws if anything else is in between. */
function eventsOf(frames: string): Event[] {
  return frames
    .split("\n\n")
    .slice(0, -1)
    .map((frame) => {
      const [, name, data = ""] = /^event: ([\w.]+)\ndata: (.*)$/.exec(frame) ?? [];
      const event = JSON.parse(data) as Event;
      expect(event.type).toBe(name);
      return event;
    });
}

function streamed(pieces: readonly Partial<AnswerPiece>[], ending: Partial<Ending> = {}): Event[] {
  const format = new ResponseFormat(HEAD);
  const frames = pieces.map((piece) => format.piece({ ...NOTHING, ...piece }));
  return eventsOf(frames.join("") + format.end({ ...ENDING, ...ending }));
}

const whole = (answer: Partial<AnswerPiece>, ending: Partial<Ending> = {}) =>
  JSON.parse(new ResponseFormat(HEAD).whole({ ...NOTHING, ...answer, result: { ...ENDING, ...ending } }));

const RESPONSE = {
  id: `resp_${HEX}`,
  object: "response",
  created_at: 1_700_000_000,
  model: 'my"model',
  temperature: 0.5,
  instructions: "Be brief.",
  store: false,
  error: null,
};
const REASONING = {
  id: `rs_${HEX}_0`,
  type: "reasoning",
  summary: [{ type: "summary_text", text: "hm" }],
  encrypted_content: "hm",
};
const PART = { type: "output_text", text: "Let me", annotations: [], logprobs: [] };
const MESSAGE = {
  id: `msg_${HEX}_1`,
  type: "message",
  status: "completed",
  role: "assistant",
  content: [PART],
};
const CALLED = {
  id: `fc_${HEX}_2`,
  type: "function_call",
  status: "completed",
  call_id: "call_1",
  name: "f",
  arguments: ARGUMENTS,
};

describe("a streamed response", () => {
  it("opens, grows and closes one item after the other, and ends with all of them", () => {
    const events = streamed([
      { thinking: "h" },
      { thinking: "m" },
      { text: "Let " },
      { text: "me" },
      { toolCalls: [CALL] },
    ]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const begun = { ...RESPONSE, status: "in_progress", output: [], usage: null, completed_at: null };
    const reasoning = { item_id: REASONING.id, output_index: 0, summary_index: 0 };
    const text = { item_id: MESSAGE.id, output_index: 1, content_index: 0 };
    const call = { item_id: CALLED.id, output_index: 2 };
    expect(events).toMatchObject([
      { type: "response.created", response: begun },
      { type: "response.in_progress", response: begun },
      {
        type: "response.output_item.added",
        output_index: 0,
        item: { id: REASONING.id, type: "reasoning", summary: [] },
      },
      {
        type: "response.reasoning_summary_part.added",
        ...reasoning,
        part: { type: "summary_text", text: "" },
      },
      { type: "response.reasoning_summary_text.delta", ...reasoning, delta: "h" },
      { type: "response.reasoning_summary_text.delta", ...reasoning, delta: "m" },
      { type: "response.reasoning_summary_text.done", ...reasoning, text: "hm" },
      {
        type: "response.reasoning_summary_part.done",
        ...reasoning,
        part: { type: "summary_text", text: "hm" },
      },
      { type: "response.output_item.done", output_index: 0, item: REASONING },
      {
        type: "response.output_item.added",
        output_index: 1,
        item: { ...MESSAGE, status: "in_progress", content: [] },
      },
      { type: "response.content_part.added", ...text, part: { ...PART, text: "" } },
      { type: "response.output_text.delta", ...text, delta: "Let ", logprobs: [] },
      { type: "response.output_text.delta", ...text, delta: "me", logprobs: [] },
      { type: "response.output_text.done", ...text, text: "Let me", logprobs: [] },
      { type: "response.content_part.done", ...text, part: PART },
      { type: "response.output_item.done", output_index: 1, item: MESSAGE },
      {
        type: "response.output_item.added",
        output_index: 2,
        item: { ...CALLED, status: "in_progress", arguments: "" },
      },
      { type: "response.function_call_arguments.delta", ...call, delta: ARGUMENTS },
      { type: "response.function_call_arguments.done", ...call, arguments: ARGUMENTS },
      { type: "response.output_item.done", output_index: 2, item: CALLED },
      {
        type: "response.completed",
        response: {
          ...RESPONSE,
          status: "completed",
          output: [REASONING, MESSAGE, CALLED],
          completed_at: expect.any(Number),
          incomplete_details: null,
          usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
        },
      },
    ]);
  });

  it("without a piece has one message without text, as a whole one", () => {
    const events = streamed([]);
    expect(events.map(({ type }) => type)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    expect(events.at(-1)?.response?.output).toEqual(whole({}).output);
  });

  it("that was cut is incomplete, and so is its last message", () => {
    const [last] = streamed([{ text: "Let" }], { doneReason: "length" }).slice(-1);
    expect(last).toMatchObject({
      type: "response.incomplete",
      response: {
        status: "incomplete",
        incomplete_details: { reason: "max_output_tokens" },
        completed_at: null,
        output: [{ type: "message", status: "incomplete" }],
      },
    });
  });

  it("has one open item at most, and a text that is its joined deltas, whatever the pieces", () => {
    const piece = fc.record({
      text: fc.string({ unit: "binary" }),
      thinking: fc.string({ unit: "binary" }),
      toolCalls: fc.array(fc.constant(CALL), { maxLength: 2 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const events = streamed(pieces);
        const deltas = new Map<string, string>();
        let open: string | undefined;
        for (const [index, event] of events.entries()) {
          expect(event.sequence_number).toBe(index);
          const { type, item, item_id: id = "" } = event;
          if (type === "response.output_item.added") {
            expect(open).toBeUndefined();
            open = item?.id;
          } else if (type === "response.output_item.done") {
            expect(item?.id).toBe(open);
            open = undefined;
          } else if (id !== "") expect(id).toBe(open);
          if (type.endsWith("text.delta")) deltas.set(id, (deltas.get(id) ?? "") + event.delta);
          if (type.endsWith("text.done")) expect(event.text).toBe(deltas.get(id) ?? "");
        }
        expect(open).toBeUndefined();
        const done = events.filter(({ type }) => type === "response.output_item.done");
        expect(events.at(-1)?.response?.output).toEqual(done.map(({ item }) => item));
      }),
    );
  });

  it("that fails in the middle ends with a failed response, which has the next number", () => {
    const format = new ResponseFormat(HEAD);
    const begun = eventsOf(format.piece({ ...NOTHING, text: "Hi" }));
    expect(eventsOf(format.error({ code: "aborted", message: "no" }))).toMatchObject([
      {
        type: "response.failed",
        sequence_number: begun.length,
        response: { ...RESPONSE, status: "failed", error: { code: "server_error", message: "no" } },
      },
    ]);
    expect(eventsOf(format.error({ code: "unavailable", message: "busy" }))).toMatchObject([
      { response: { error: { code: "overloaded" } } },
    ]);
  });
});

describe("a whole response", () => {
  it("has an item for each kind of what was said", () => {
    const response = whole({ thinking: "hm", text: "Let me", toolCalls: [CALL] });
    expect(response).toMatchObject({
      ...RESPONSE,
      status: "completed",
      output: [REASONING, MESSAGE, CALLED],
    });
    expect(response.usage).toEqual({
      input_tokens: 3,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 7,
    });
  });

  it.each<[Partial<AnswerPiece>, string[]]>([
    [{}, ["message"]],
    [{ text: "x" }, ["message"]],
    [{ thinking: "x" }, ["reasoning"]],
    [{ toolCalls: [CALL, CALL] }, ["function_call", "function_call"]],
    [{ text: "x", toolCalls: [CALL] }, ["message", "function_call"]],
  ])("of %j has the items %j, as a stream has", (answer, types) => {
    const { output } = whole(answer);
    expect(output.map(({ type }: { type: string }) => type)).toEqual(types);
    const stream = streamed([answer]).at(-1)?.response?.output ?? [];
    expect(stream.map((item) => (item as { type: string }).type)).toEqual(types);
    expect(new Set(output.map(({ id }: { id: string }) => id)).size).toBe(output.length);
  });

  it("that was cut is incomplete, but not a call that came whole", () => {
    const cut = { doneReason: "length" };
    expect(whole({ text: "x" }, cut)).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output: [{ status: "incomplete" }],
    });
    expect(whole({ text: "x", toolCalls: [CALL] }, cut).output).toMatchObject([
      { status: "completed" },
      { status: "completed" },
    ]);
  });

  it("says so where the count of tokens is not the engine's own", () => {
    expect(whole({}, { completionTokensBound: "upper" }).usage.output_tokens_bound).toBe("upper");
  });
});
