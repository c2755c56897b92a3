import { RunningEngine, textOf } from "./running-engine.js";

/** Forces an answer of 400 tokens. */
const LONG = {
  prompt: "Tell me a story.",
  format: { type: "array", items: { type: "string" }, minItems: 900 },
  options: { temperature: 0.8, seed: 1, num_predict: 400 },
};

/** The first line of a streamed answer, leaving the rest unread. */
async function firstLine(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  return new TextDecoder().decode(value);
}

let engine: RunningEngine;
afterEach(() => engine.engine.close(), 30_000);

/** Status, Retry-After and body of a short request, all read. */
async function tryShort(): Promise<{ status: number; retryAfter: string | null; text: string }> {
  const response = await engine.post("/api/generate", {
    model: "flock-tiny",
    prompt: "Hi",
    options: { num_predict: 1 },
  });
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    text: await response.text(),
  };
}

describe("an engine with one sequence and no queue", () => {
  it.each([true, false])(
    "refuses a second request, and frees its sequence when the client of the first leaves (streamed: %p)",
    async (stream) => {
      engine = await RunningEngine.start({ sequences: 1, queueMax: 0 });
      const startedAt = performance.now();
      await engine.answer("/api/generate", LONG);
      const undisturbedMs = performance.now() - startedAt;
      const leave = new AbortController();
      const body = { model: "flock-tiny", ...LONG, stream };
      const first = engine.post("/api/generate", body, { signal: leave.signal });
      if (stream) expect(await firstLine(await first)).toContain('"done":false');
      let refused = await tryShort();
      while (refused.status === 200) refused = await tryShort();
      expect(refused).toEqual({
        status: 503,
        retryAfter: "1",
        text: '{"error":"server busy, please try again"}',
      });
      const leftAt = performance.now();
      leave.abort();
      await first.catch(() => undefined);
      while ((await tryShort()).status !== 200);
      expect(performance.now() - leftAt).toBeLessThan(undisturbedMs / 2);
    },
    30_000,
  );
});

describe("an engine with a queue", () => {
  it("serves more requests than it has sequences, each with the answer that it would get alone", async () => {
    engine = await RunningEngine.start({ sequences: 2, queueMax: 20 });
    const words = ["pong", "tea", "fox", "bell", "hat", "star", "lamp", "bread"];
    const answers = await Promise.all(
      words.map((word) =>
        engine.answer("/api/generate", { prompt: `Say ${word}`, options: { temperature: 0 } }),
      ),
    );
    expect(answers.map((answer) => textOf(answer))).toEqual(words);
  }, 30_000);
});

describe("a closing engine", () => {
  it("finishes what runs and refuses what is new", async () => {
    engine = await RunningEngine.start();
    const running = await engine.post("/api/generate", { model: "flock-tiny", ...LONG });
    const closing = engine.engine.close({ drainTimeoutMs: 60_000 });
    const refused = await engine.post("/api/generate", { model: "flock-tiny", prompt: "Hi" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await fetch(engine.url)).status).toBe(503);
    const lines = (await running.text()).trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ done: true, done_reason: "length" });
    await closing;
    await expect(fetch(engine.url)).rejects.toThrow();
  }, 30_000);

  it("ends what is not finished in time with an error instead of a last line", async () => {
    engine = await RunningEngine.start({ sequences: 1 });
    const running = await engine.post("/api/generate", { model: "flock-tiny", ...LONG });
    const waiting = engine.json("/api/generate", { model: "flock-tiny", prompt: "Hi" });
    await engine.engine.close();
    const lines = (await running.text()).trim().split("\n");
    expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ error: "the engine is shutting down" });
    expect(await waiting).toEqual({ status: 503, body: { error: "the engine is shutting down" } });
  }, 30_000);
});
