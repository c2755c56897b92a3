import { RunningEngine, textOf } from "./running-engine.js";

const GREEDY = { temperature: 0 };
let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
}, 30_000);
afterAll(() => engine.engine.close());

describe("POST /api/generate", () => {
  it("streams one line per token, with counts so far, and ends with a line without text that has them all", async () => {
    const lines = await engine.lines("/api/generate", { prompt: "Say pong", options: GREEDY });
    expect(lines).toEqual([
      expect.objectContaining({
        model: "flock-tiny",
        response: "p",
        done: false,
        prompt_eval_count: 12,
        eval_count: 1,
      }),
      expect.objectContaining({
        model: "flock-tiny",
        response: "ong",
        done: false,
        prompt_eval_count: 12,
        eval_count: 2,
      }),
      {
        model: "flock-tiny",
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/),
        response: "",
        done: true,
        done_reason: "stop",
        total_duration: expect.any(Number),
        load_duration: 0,
        prompt_eval_count: 12,
        prompt_eval_duration: expect.any(Number),
        eval_count: 3,
        eval_duration: expect.any(Number),
      },
    ]);
  });

  it("counts the end-of-text token, as Ollama does", async () => {
    const lines = await engine.lines("/api/generate", { prompt: "Who are you?", options: GREEDY });
    expect(lines.at(-1)?.eval_count).toBe((lines.at(-2)?.eval_count ?? 0) + 1);
  });

  it("sends lines as application/x-ndjson, and a whole answer as application/json", async () => {
    const body = { model: "flock-tiny:latest", prompt: "Hello!", options: { ...GREEDY, num_predict: 3 } };
    const streamed = await engine.post("/api/generate", body);
    expect(streamed.headers.get("content-type")).toBe("application/x-ndjson");
    const lines = (await streamed.text())
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const whole = await engine.post("/api/generate", { ...body, stream: false });
    expect(whole.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(await whole.json()).toMatchObject({
      model: "flock-tiny:latest",
      response: textOf(...lines),
      done: true,
      done_reason: "length",
      eval_count: 3,
    });
  });

  it("follows the system prompt, which raw mode leaves to the caller", async () => {
    const system = "You are Captain Bob, a pirate.";
    const templated = await engine.answer("/api/generate", {
      prompt: "Who are you?",
      system,
      options: GREEDY,
    });
    const prompt = `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\nWho are you?<|im_end|>\n<|im_start|>assistant\n`;
    const raw = await engine.answer("/api/generate", { prompt, raw: true, options: GREEDY });
    expect(textOf(raw)).toBe(textOf(templated));
    expect(raw.prompt_eval_count).toBe(templated.prompt_eval_count);
  });

  it("answers a request without a prompt as loaded, and one with keep_alive 0 as unloaded", async () => {
    expect(await engine.json("/api/generate", { model: "flock-tiny" })).toEqual({
      status: 200,
      body: {
        model: "flock-tiny",
        created_at: expect.any(String),
        response: "",
        done: true,
        done_reason: "load",
      },
    });
    const unload = await engine.answer("/api/generate", { prompt: "", keep_alive: 0 });
    expect(unload).toMatchObject({ done: true, done_reason: "unload" });
  });
});

describe("POST /api/chat", () => {
  const messages = [
    { role: "user", content: "Hi, my name is Nora." },
    { role: "assistant", content: "Hello, Nora! How can I help you?" },
    { role: "user", content: "What is my name?" },
  ];

  it("answers the last message of the conversation", async () => {
    const answer = await engine.answer("/api/chat", { messages, options: GREEDY });
    expect(answer.message).toEqual({ role: "assistant", content: expect.stringContaining("Nora") });
    const lines = await engine.lines("/api/chat", { messages, options: GREEDY });
    expect(textOf(...lines)).toBe(textOf(answer));
    expect(lines.at(-1)).toMatchObject({
      message: { role: "assistant", content: "" },
      done: true,
      done_reason: "stop",
    });
  });

  it("continues an assistant's message that comes last", async () => {
    const begun = [
      { role: "user", content: "What is the capital of Peru?" },
      { role: "assistant", content: "The capital of" },
    ];
    expect(textOf(await engine.answer("/api/chat", { messages: begun, options: GREEDY }))).toBe(
      " Peru is Lima.",
    );
  });

  it("is loaded by a request without messages", async () => {
    expect(await engine.answer("/api/chat", { messages: [] })).toMatchObject({
      message: { role: "assistant", content: "" },
      done_reason: "load",
    });
  });

  it("leaves out the oldest messages of a conversation that is too long, or refuses it", async () => {
    const long = [...Array.from({ length: 200 }, () => messages[0]), messages[1], messages[2]];
    const body = {
      messages: long.flatMap((message) => [message, messages[1]]).slice(0, -1),
      options: { ...GREEDY, num_predict: 1 },
    };
    const answer = await engine.answer("/api/chat", body);
    expect(answer.prompt_eval_count).toBeLessThan(1024);
    expect(answer.prompt_eval_count).toBeGreaterThan(900);
    const refused = await engine.json("/api/chat", { model: "flock-tiny", ...body, truncate: false });
    const whole = await engine.answer("/api/chat", { ...body, _debug_render_only: true });
    expect(whole._debug_info?.rendered_template.length).toBeLessThan(JSON.stringify(body.messages).length);
    expect([refused.status, JSON.parse(refused.body.error ?? "")]).toMatchObject([
      400,
      { error: { type: "exceed_context_size_error", n_ctx: 1024 } },
    ]);
  });

  it("takes any role: developer for system, an unknown one for the user", async () => {
    const ask = async (...conversation: object[]) =>
      textOf(
        await engine.answer("/api/chat", { messages: conversation, options: { ...GREEDY, num_predict: 12 } }),
      );
    const content = "You are Captain Bob, a pirate.";
    const user = { role: "user", content: "Who are you?" };
    expect(await ask({ role: "developer", content }, user)).toBe(
      await ask({ role: "system", content }, user),
    );
    expect(await ask({ role: "wizard", content: user.content })).toBe(await ask(user));
    expect(await ask({ content: user.content })).toBe(await ask(user));
  });

  it("reads a conversation with calls of tools, which it could not make itself", async () => {
    const history = [
      { role: "user", content: "What is the weather in Paris?" },
      {
        role: "assistant",
        tool_calls: [{ function: { name: "get_weather", arguments: { city: "Paris" } } }],
      },
      { role: "tool", tool_name: "get_weather", content: "18 C and sunny" },
    ];
    const answer = await engine.answer("/api/chat", { messages: history, _debug_render_only: true });
    expect(answer._debug_info?.rendered_template).toBe(
      "<|im_start|>user\nWhat is the weather in Paris?<|im_end|>\n" +
        '<|im_start|>assistant\n<tool_call>\n{"name":"get_weather","arguments":{"city":"Paris"}}\n</tool_call><|im_end|>\n' +
        '<|im_start|>user\n<tool_response name="get_weather">\n18 C and sunny\n</tool_response><|im_end|>\n' +
        "<|im_start|>assistant\n",
    );
    const refused = await engine.json("/api/chat", {
      model: "flock-tiny",
      messages: history,
      tools: [{ type: "function" }],
    });
    expect(refused).toEqual({ status: 400, body: { error: '"flock-tiny" does not support tools' } });
  });
});
