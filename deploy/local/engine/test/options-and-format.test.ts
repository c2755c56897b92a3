import { RunningEngine, textOf } from "./running-engine.js";

const GREEDY = { temperature: 0 };
let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start();
}, 30_000);
afterAll(() => engine.engine.close());

describe("options", () => {
  const story = { prompt: "Tell me a story about a llama." };

  it("gives the same text for the same seed and another for another", async () => {
    const [a, b, c] = await Promise.all(
      [7, 7, 8].map((seed) =>
        engine.answer("/api/generate", { ...story, options: { seed, num_predict: 40 } }),
      ),
    );
    expect(a?.response).toBe(b?.response);
    expect(a?.response).not.toBe(c?.response);
  });

  it("gives the same text alone and beside others, bit for bit", async () => {
    const options = { seed: 11, temperature: 1.2, num_predict: 40 };
    const body = { ...story, options, logprobs: true, top_logprobs: 3 };
    const alone = await engine.answer("/api/generate", body);
    const others = [1, 2, 3, 4, 5, 6, 7].map((seed) =>
      engine.answer("/api/generate", {
        prompt: `Tell me ${"very ".repeat(seed * 5)}much.`,
        options: { seed, num_predict: 30 },
      }),
    );
    const [beside] = await Promise.all([engine.answer("/api/generate", body), ...others]);
    expect(beside?.logprobs).toEqual(alone.logprobs);
  });

  it("ends before a stop string, which it does not deliver, not even in part", async () => {
    const lines = await engine.lines("/api/generate", {
      prompt: "Count to 10.",
      options: { ...GREEDY, stop: [" 4, 5", "x"] },
    });
    expect(textOf(...lines)).toBe("1, 2, 3,");
    expect(lines.at(-1)).toMatchObject({ done_reason: "stop" });
    const single = await engine.answer("/api/generate", {
      prompt: "Count to 10.",
      options: { ...GREEDY, stop: "2" },
    });
    expect(textOf(single)).toBe("1, ");
  });

  it("generates num_predict tokens and says length", async () => {
    const answer = await engine.answer("/api/generate", { ...story, options: { ...GREEDY, num_predict: 1 } });
    expect(answer).toMatchObject({ done_reason: "length", eval_count: 1 });
  });

  it.each([0, -1, -2])("generates to the end of the text with num_predict %d", async (numPredict) => {
    const body = { prompt: "What is the capital of Peru?", options: { ...GREEDY, num_predict: numPredict } };
    const answer = await engine.answer("/api/generate", body);
    expect([textOf(answer), answer.done_reason]).toEqual(["The capital of Peru is Lima.", "stop"]);
  });

  it.each([true, false, undefined])(
    "stops with length when the context is full (shift: %p)",
    async (shift) => {
      const answer = await engine.answer("/api/generate", {
        ...story,
        shift,
        options: { ...GREEDY, num_ctx: 32 },
      });
      expect(answer.done_reason).toBe("length");
      expect((answer.prompt_eval_count ?? 0) + (answer.eval_count ?? 0)).toBe(32);
    },
  );

  it("cuts a prompt that does not fit num_ctx, or refuses it", async () => {
    const body = { prompt: "llama ".repeat(300), options: { num_ctx: 64, num_predict: 1 } };
    expect((await engine.answer("/api/generate", body)).prompt_eval_count).toBe(34);
    const refusal = async (fields: object) => {
      const { status, body: answer } = await engine.json("/api/generate", {
        model: "flock-tiny",
        ...body,
        ...fields,
      });
      return [status, answer.error];
    };
    const unshifted = expect.stringContaining("the prompt is longer than the context length");
    expect(await refusal({ shift: false })).toEqual([400, unshifted]);
    const [status, error] = await refusal({ truncate: false, shift: false });
    expect([status, JSON.parse(String(error))]).toEqual([
      400,
      {
        error: {
          code: 400,
          message: expect.stringContaining("exceeds the available context size (64 tokens)"),
          type: "exceed_context_size_error",
          n_prompt_tokens: expect.any(Number),
          n_ctx: 64,
        },
      },
    ]);
  });

  it("repeats no token of prompt or text under a penalty that forbids it", async () => {
    const options = { ...GREEDY, num_predict: 40, presence_penalty: 1000, repeat_last_n: -1 };
    const answer = await engine.answer("/api/generate", { ...story, logprobs: true, options });
    const tokens = answer.logprobs?.map(({ token }) => token) ?? [];
    expect(tokens.length).toBeGreaterThan(10);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(tokens).not.toContain(" story");
  });

  it("keeps characters whole on every line, and counts all their tokens", async () => {
    const format = { enum: ["Zoë 🦙🦊"] };
    const lines = await engine.lines("/api/generate", { prompt: "x", format, options: GREEDY });
    expect(lines.map(({ response, eval_count }) => [response, eval_count])).toEqual([
      ['"', 1],
      ["Z", 2],
      ["o", 3],
      ["ë", 5],
      [" ", 6],
      ["🦙", 10],
      ["🦊", 14],
      ['"', 15],
      ["", 16],
    ]);
  });
});

describe("format", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 12 },
      age: { type: "integer" },
      kind: { enum: ["llama", "fox"] },
    },
    required: ["name", "age", "kind"],
  };

  it.each([0, 0.8, 2])("fits the schema at temperature %p", async (temperature) => {
    const options = { temperature, seed: 3 };
    const answer = await engine.answer("/api/generate", {
      prompt: "Tell me about a llama",
      format: schema,
      options,
    });
    expect(answer.done_reason).toBe("stop");
    expect(JSON.parse(textOf(answer))).toEqual({
      name: expect.any(String),
      age: expect.any(Number),
      kind: expect.stringMatching(/^(llama|fox)$/),
    });
  });

  it.each(Array.from({ length: 8 }, (_, seed) => seed))(
    "keeps to bounds, patterns, lengths and forms, whatever the model would rather say (seed %d)",
    async (seed) => {
      const format = {
        type: "object",
        properties: {
          age: { type: "integer", minimum: 18, maximum: 65 },
          weight: { type: "number", exclusiveMinimum: 0.5, maximum: 2.75 },
          code: { type: "string", pattern: "^[A-Z]{2}-\\d{3}$" },
          born: { type: "string", format: "date" },
          tags: { type: "array", items: { type: "string", maxLength: 8 }, minItems: 1, maxItems: 2 },
        },
        required: ["age", "weight", "code", "born", "tags"],
        additionalProperties: false,
      };
      const options = { temperature: seed / 3, seed };
      const answer = await engine.answer("/api/chat", {
        messages: [{ role: "user", content: "Describe a llama as JSON" }],
        format,
        options,
      });
      expect(answer.done_reason).toBe("stop");
      const value = JSON.parse(textOf(answer));
      expect(Object.keys(value)).toEqual(["age", "weight", "code", "born", "tags"]);
      expect(Number.isInteger(value.age) && value.age >= 18 && value.age <= 65).toBe(true);
      expect(value.weight > 0.5 && value.weight <= 2.75).toBe(true);
      expect(value.code).toMatch(/^[A-Z]{2}-\d{3}$/);
      expect(new Date(value.born).toISOString().slice(0, 10)).toBe(value.born);
      expect(value.tags.length === 1 || value.tags.length === 2).toBe(true);
      expect(value.tags.every((tag: string) => [...tag].length <= 8)).toBe(true);
    },
  );

  it("begins a JSON object in JSON mode, with a log probability for every token", async () => {
    const options = { ...GREEDY, num_predict: 12 };
    const body = {
      messages: [{ role: "user", content: "JSON please" }],
      format: "json",
      logprobs: true,
      top_logprobs: 2,
      options,
    };
    const answer = await engine.answer("/api/chat", body);
    expect(textOf(answer)).toMatch(/^\{/);
    expect(answer.logprobs?.map(({ token }) => token).join("")).toBe(textOf(answer));
    expect(answer.logprobs?.every(({ logprob }) => logprob <= 0 && logprob > -50)).toBe(true);
  });

  it("refuses a schema that it cannot guarantee", async () => {
    const format = { type: "string", pattern: "a+" };
    const { status, body } = await engine.json("/api/generate", { model: "flock-tiny", prompt: "x", format });
    expect([status, body.error]).toEqual([400, expect.stringContaining('"pattern"')]);
  });
});

describe("logprobs", () => {
  const body = { prompt: "What is the opposite of hot?", logprobs: true, top_logprobs: 5 };

  it("are those of the raw logits, best first, whatever the temperature", async () => {
    const greedy = await engine.answer("/api/generate", { ...body, options: GREEDY });
    const hot = await engine.answer("/api/generate", {
      ...body,
      options: { temperature: 1.5, seed: 1, top_k: 2 },
    });
    const [first] = greedy.logprobs ?? [];
    expect(hot.logprobs?.[0]?.top_logprobs).toEqual(first?.top_logprobs);
    expect(first).toMatchObject({
      token: "C",
      bytes: [67],
      top_logprobs: [{ token: "C", logprob: first?.logprob }, {}, {}, {}, {}],
    });
    const values = first?.top_logprobs?.map(({ logprob }) => logprob) ?? [];
    expect([...values].sort((a, b) => b - a)).toEqual(values);
    const probability = values.reduce((sum, value) => sum + Math.exp(value), 0);
    expect(probability).toBeGreaterThan(0.5);
    expect(probability).toBeLessThanOrEqual(1.000001);
  });

  it("come with the text that they belong to, and make it up", async () => {
    const lines = await engine.lines("/api/generate", { ...body, top_logprobs: 0, options: GREEDY });
    for (const line of lines.slice(0, -1))
      expect(line.logprobs?.map(({ token }) => token).join("")).toBe(line.response);
    expect(lines[0]?.logprobs?.[0]).not.toHaveProperty("top_logprobs");
    expect(lines.at(-1)).not.toHaveProperty("logprobs");
  });

  it("do not change the text", async () => {
    const options = { seed: 9, num_predict: 30, repeat_penalty: 1.2 };
    const { prompt } = body;
    const [plain, measured] = await Promise.all([
      engine.answer("/api/generate", { prompt, options }),
      engine.answer("/api/generate", { ...body, options }),
    ]);
    expect(textOf(measured)).toBe(textOf(plain));
  });
});
