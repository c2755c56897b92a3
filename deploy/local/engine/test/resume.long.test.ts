import { RunningEngine, textOf } from "./running-engine.js";

/* A job that lost its engine is continued on another one from the rendered prompt and the text that was delivered. */

const PROMPTS = ["Tell me a story about a teapot.", "Explain general relativity.", "Say Übergröße 🦙"];
const SETTINGS = [
  { temperature: 0 },
  { temperature: 0.8, seed: 42 },
  { temperature: 0.8, seed: 4, repeat_penalty: 1.3, frequency_penalty: 0.1, repeat_last_n: -1 },
];
const NUM_PREDICT = 20;

let engine: RunningEngine;
beforeAll(async () => {
  engine = await RunningEngine.start();
}, 30_000);
afterAll(() => engine.engine.close());

const rendered = async (path: string, body: object) => {
  const answer = await engine.answer(path, { ...body, _debug_render_only: true });
  return answer._debug_info?.rendered_template ?? "";
};

describe("a rendered prompt", () => {
  it("is answered instead of being run, in Ollama's form", async () => {
    const messages = [
      { role: "system", content: "Be kind." },
      { role: "user", content: "Hi" },
    ];
    expect(await engine.answer("/api/chat", { messages, _debug_render_only: true })).toEqual({
      model: "flock-tiny",
      created_at: expect.any(String),
      message: { role: "", content: "" },
      done: false,
      _debug_info: {
        rendered_template:
          "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
      },
    });
  });

  it.each([
    ["/api/generate", { prompt: "Hi <|im_end|> there", system: "Be kind." }],
    [
      "/api/chat",
      {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b\n" },
          { role: "user", content: " c" },
        ],
      },
    ],
    ["/api/generate", { prompt: "<s>begin" }],
  ])("gives as a raw prompt the same tokens as the request it came from (%s %j)", async (path, body) => {
    const options = { temperature: 0, num_predict: 8 };
    const prompt = await rendered(path, body);
    const [templated, raw, withBos] = await Promise.all([
      engine.answer(path, { ...body, options }),
      engine.answer("/api/generate", { prompt, raw: true, options }),
      engine.answer("/api/generate", { prompt: `<s>${prompt}`, raw: true, options }),
    ]);
    expect(raw.prompt_eval_count).toBe(templated?.prompt_eval_count);
    expect(withBos.prompt_eval_count).toBe(templated?.prompt_eval_count);
    expect([textOf(raw), textOf(withBos)]).toEqual([textOf(templated), textOf(templated)]);
  });
});

describe("a continued text", () => {
  const cases = PROMPTS.flatMap((prompt) => SETTINGS.map((options) => [prompt, options] as const));

  it.each(cases)("equals the undisturbed one after any number of chunks: %s %j", async (prompt, settings) => {
    const options = { ...settings, num_predict: NUM_PREDICT };
    const start = await rendered("/api/generate", { prompt });
    const lines = await engine.lines("/api/generate", { prompt, options });
    const last = lines.at(-1);
    // Behind the last token nothing is left to ask for: num_predict 0 would be no limit.
    const cuts = lines.filter(({ done, eval_count = 0 }) => done === false && eval_count < NUM_PREDICT);
    const continued = cuts.map(async (line, index) => {
      const delivered = textOf(...lines.slice(0, index + 1));
      const rest = await engine.answer("/api/generate", {
        raw: true,
        prompt: start + delivered,
        options: { ...options, num_predict: NUM_PREDICT - (line.eval_count ?? 0) },
      });
      return {
        text: delivered + textOf(rest),
        doneReason: rest.done_reason,
        promptTokens: (rest.prompt_eval_count ?? 0) - (line.eval_count ?? 0),
        evalCount: (rest.eval_count ?? 0) + (line.eval_count ?? 0),
      };
    });
    const undisturbed = {
      text: textOf(...lines),
      doneReason: last?.done_reason,
      promptTokens: last?.prompt_eval_count,
      evalCount: last?.eval_count,
    };
    expect(await Promise.all(continued)).toEqual(continued.map(() => undisturbed));
  });
});

describe("structured output that was begun elsewhere", () => {
  const short = { type: "string", maxLength: 20 };
  const format = {
    type: "object",
    properties: { name: short, words: { type: "array", items: short, minItems: 1, maxItems: 3 } },
    required: ["name", "words"],
  };

  it("is gone on with behind any line, and is whole and in its format", async () => {
    const prompt = "Tell me a story about a llama.";
    const options = { temperature: 0, num_predict: 400 };
    const start = await rendered("/api/generate", { prompt, format });
    const lines = await engine.lines("/api/generate", { prompt, format, options });
    expect(lines.length).toBeGreaterThan(10);
    const continued = lines.slice(0, -1).map(async (_line, index) => {
      const begun = textOf(...lines.slice(0, index + 1));
      const body = { raw: true, prompt: start + begun, format, _format_begun: begun, options };
      const whole = begun + textOf(await engine.answer("/api/generate", body));
      return { whole, fault: faultOf(JSON.parse(whole)) };
    });
    const faults = (await Promise.all(continued)).filter(({ fault }) => fault !== undefined);
    expect(faults).toEqual([]);
  });

  /** What is not as the format says. */
  function faultOf(value: { name?: unknown; words?: unknown }): string | undefined {
    const isShort = (text: unknown) => typeof text === "string" && [...text].length <= 20;
    if (Object.keys(value).join() !== "name,words" || !isShort(value.name)) return "name";
    const { words } = value;
    const areWords = Array.isArray(words) && words.length >= 1 && words.length <= 3 && words.every(isShort);
    return areWords ? undefined : "words";
  }

  it.each([
    ["does not fit the format", { raw: true, prompt: "a", _format_begun: "a" }],
    ["is not what the prompt ends with", { raw: true, prompt: "a {", _format_begun: "[" }],
    ["is no end of a raw prompt", { prompt: "{", _format_begun: "{" }],
  ])("is refused if it %s", async (_what, body) => {
    const { status, body: answer } = await engine.json("/api/generate", {
      model: "flock-tiny",
      format,
      ...body,
    });
    expect([status, answer.error]).toEqual([400, expect.stringContaining("_format_begun")]);
  });
});

/* Workers cut blanks off the end of the text that they continue: models are not used to a text that ends in one. */
describe("a text continued without the blanks at its end", () => {
  const prompts = [
    ...PROMPTS,
    ...["Count to 20.", "What is the capital of Peru?", "Write a poem about the sea.", "List three fruits."],
    ...[
      "Tell me a story about a llama.",
      "Who are you?",
      "What is the opposite of hot?",
      "Say pong",
      "Hello!",
    ],
    ...["Name five animals, one per line.", "What is 2 + 2?", "Tell me a joke.", "How do I make tea?"],
    ...[
      "Write a dialogue between a fox and a crow.",
      "Tell me about the moon.",
      "Write a letter to a friend.",
    ],
    "Give me a recipe for bread, step by step.",
  ];
  const NEXT = 6;
  const cases = prompts.flatMap((prompt) =>
    [{ temperature: 0 }, { temperature: 0.8, seed: 1 }].map((settings) => [prompt, settings] as const),
  );
  let cutsWithBlanks = 0;

  it.each(cases)(
    "goes on with these blanks and the same text, and has as many tokens as were generated: %s %j",
    async (prompt, settings) => {
      const start = await rendered("/api/generate", { prompt });
      const options = { ...settings, num_predict: 32 };
      const lines = await engine.lines("/api/generate", { prompt, options });
      const promptTokens = lines[0]?.prompt_eval_count ?? 0;
      const whole = textOf(...lines);
      const cuts = lines.slice(0, -1).map(async ({ eval_count: generated = 0 }, index) => {
        const delivered = textOf(...lines.slice(0, index + 1));
        const kept = delivered.trimEnd();
        if (kept !== delivered) cutsWithBlanks++;
        const rest = await engine.answer("/api/generate", {
          raw: true,
          prompt: start + kept,
          options: { ...settings, num_predict: NEXT },
        });
        const text = kept + textOf(rest);
        const seen = Math.min(text.length, whole.length);
        expect([kept, text.slice(0, seen)]).toEqual([kept, whole.slice(0, seen)]);
        if (kept === delivered) expect((rest.prompt_eval_count ?? 0) - promptTokens).toBe(generated);
      });
      await Promise.all(cuts);
    },
    30_000,
  );

  it("has been tried behind enough blanks", () => {
    expect(cutsWithBlanks).toBeGreaterThan(20);
  });
});
