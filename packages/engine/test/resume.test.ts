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
    const continued = lines.slice(0, -1).map(async (line, index) => {
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
