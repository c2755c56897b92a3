import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { ENGINE_NAME, ENGINE_VERSION, FLOCK_TINY_FILE } from "@flock/engine";
import { RunningEngine } from "./running-engine.js";

const DIGEST = createHash("sha256").update(readFileSync(FLOCK_TINY_FILE)).digest("hex");
let engine: RunningEngine;

beforeAll(async () => {
  engine = await RunningEngine.start({ bodyBytesMax: 100_000 });
}, 30_000);
afterAll(() => engine.engine.close());

describe("listing", () => {
  const details = {
    parent_model: "",
    format: "gguf",
    family: "llama",
    families: ["llama"],
    parameter_size: "3.97M",
    quantization_level: "Q8_0",
    context_length: 1024,
    embedding_length: 256,
  };

  it("tells that it runs, and its version", async () => {
    expect(await (await fetch(engine.url)).text()).toBe("Ollama is running");
    for (const path of ["/", "/api/version", "/api/tags"]) {
      expect((await fetch(engine.url + path, { method: "HEAD" })).status).toBe(200);
    }
    expect(await engine.get("/api/version?x=1")).toEqual({ version: ENGINE_VERSION, engine: ENGINE_NAME });
  });

  it("names the model with the digest of its file", async () => {
    const model = {
      name: "flock-tiny:latest",
      model: "flock-tiny:latest",
      size: 4272928,
      digest: DIGEST,
      details,
    };
    expect(await engine.get("/api/tags")).toEqual({
      models: [
        { ...model, modified_at: expect.stringMatching(/Z$/), capabilities: ["completion", "embedding"] },
      ],
    });
    expect(await engine.get("/api/ps")).toEqual({
      models: [{ ...model, expires_at: expect.any(String), size_vram: 0, context_length: 1024 }],
    });
  });

  it("shows the model's metadata, the vocabulary only when verbose", async () => {
    const shown = await engine.answer("/api/show", { model: "flock-tiny" });
    expect(shown).toMatchObject({ details, capabilities: ["completion", "embedding"], license: "mit" });
    expect(shown["template"]).toContain("<|im_start|>");
    expect(shown["tensors"]).toContainEqual({ name: "token_embd.weight", type: "Q8_0", shape: [256, 2048] });
    expect(shown["model_info"]).toMatchObject({
      "general.architecture": "llama",
      "general.parameter_count": 3967744,
      "llama.context_length": 1024,
      "llama.embedding_length": 256,
      "tokenizer.ggml.tokens": null,
    });
    const verbose = await engine.answer("/api/show", { name: "flock-tiny", verbose: true });
    expect((verbose["model_info"] as Record<string, unknown[]>)["tokenizer.ggml.tokens"]).toHaveLength(2048);
  });
});

describe("embedding", () => {
  const length = (vector: readonly number[] = []) => Math.hypot(...vector);
  const dot = (a: readonly number[] = [], b: readonly number[] = []) =>
    a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);

  it("gives one unit vector per input, in input order", async () => {
    const input = ["a llama", "the sea", "a llama"];
    const { embeddings, prompt_eval_count } = await engine.answer("/api/embed", { input });
    expect(embeddings?.map((vector) => vector.length)).toEqual([256, 256, 256]);
    for (const vector of embeddings ?? []) expect(length(vector)).toBeCloseTo(1, 6);
    expect(embeddings?.[0]).toEqual(embeddings?.[2]);
    expect(dot(embeddings?.[0], embeddings?.[1])).toBeLessThan(0.999);
    const single = await engine.answer("/api/embed", { input: "the sea" });
    expect(single.embeddings).toEqual([embeddings?.[1]]);
    expect(prompt_eval_count).toBeGreaterThan(single.prompt_eval_count ?? 0);
  });

  it("shortens vectors to the dimensions asked for, and keeps them unit vectors", async () => {
    const { embeddings } = await engine.answer("/api/embed", { input: "a llama", dimensions: 8 });
    expect(embeddings?.[0]).toHaveLength(8);
    expect(length(embeddings?.[0])).toBeCloseTo(1, 6);
  });

  it.each([[""], [[]], [undefined]])("gives no vector for input %j", async (input) => {
    expect(await engine.answer("/api/embed", { input })).toEqual({ model: "flock-tiny", embeddings: [] });
  });

  it.each([[[""]], [["one", "two words", ""]]])(
    "refuses %j, which has an empty text in a list",
    async (input) => {
      expect(await engine.json("/api/embed", { model: "flock-tiny", input })).toEqual({
        status: 400,
        body: { error: "input exceeds maximum context length and cannot be truncated further" },
      });
    },
  );

  it.each([" ", "\n", "\u0000", "<s>", "\ufffd"])(
    "gives a unit vector for %j, which says hardly anything",
    async (input) => {
      const { embeddings } = await engine.answer("/api/embed", { input: [input] });
      expect(length(embeddings?.[0])).toBeCloseTo(1, 6);
    },
  );

  it.each([-1, 0, 257, 1e9])("gives whole vectors for dimensions %d", async (dimensions) => {
    const { embeddings } = await engine.answer("/api/embed", { input: "a", dimensions });
    expect(embeddings?.[0]).toHaveLength(256);
  });

  it("cuts or refuses what is longer than the context, and refuses what is no text", async () => {
    const input = "llama ".repeat(2000);
    expect((await engine.answer("/api/embed", { input })).prompt_eval_count).toBeLessThan(1024);
    const short = await engine.answer("/api/embed", { input, options: { num_ctx: 128 } });
    expect(short.prompt_eval_count).toBe(126);
    const body = { model: "flock-tiny" };
    expect(await engine.json("/api/embed", { ...body, input, truncate: false })).toEqual({
      status: 400,
      body: { error: "the input length exceeds the context length" },
    });
    for (const other of [5, [5], {}, [["x"]]]) {
      expect((await engine.json("/api/embed", { ...body, input: other })).body.error).toBe(
        "invalid input type",
      );
    }
  });

  it("gives one vector from the older endpoint, not normalised, and none for nothing", async () => {
    const { embedding } = (await engine.answer("/api/embeddings", { prompt: "a llama" })) as {
      embedding?: number[];
    };
    const { embeddings } = await engine.answer("/api/embed", { input: "a llama" });
    expect(dot(embedding, embeddings?.[0])).toBeCloseTo(length(embedding), 4);
    expect(length(embedding)).not.toBeCloseTo(1, 2);
    expect(await engine.answer("/api/embeddings", { prompt: "" })).toEqual({ embedding: [] });
  });
});

describe("refusals", () => {
  it("know only the one model", async () => {
    for (const path of ["/api/generate", "/api/chat", "/api/embed", "/api/embeddings", "/api/show"]) {
      const isEmbedding = path.startsWith("/api/embed");
      const unknown = isEmbedding
        ? 'model "llama3" not found, try pulling it first'
        : "model 'llama3' not found";
      expect(await engine.json(path, { model: "llama3" })).toEqual({ status: 404, body: { error: unknown } });
      const missing = ["/api/generate", "/api/embed"].includes(path)
        ? { status: 404, body: { error: "model '' not found" } }
        : { status: 400, body: { error: "model is required" } };
      expect([path, await engine.json(path, {})]).toEqual([path, missing]);
    }
  });

  it.each([
    ["POST", "/api/pull"],
    ["POST", "/api/push"],
    ["POST", "/api/create"],
    ["POST", "/api/copy"],
    ["DELETE", "/api/delete"],
    ["POST", "/api/blobs/sha256:00"],
  ])("do not let %s %s manage models", async (method, path) => {
    const response = await fetch(engine.url + path, { method, body: "{}" });
    expect([response.status, await response.json()]).toEqual([
      403,
      { error: "model management is not available on this server" },
    ]);
  });

  it("answer unknown paths and methods in JSON", async () => {
    expect(await engine.json("/api/me", {})).toEqual({
      status: 404,
      body: { error: 'path "/api/me" not found' },
    });
    const wrongMethod = await fetch(`${engine.url}/api/generate?x`, { method: "PUT", body: "{}" });
    expect([wrongMethod.status, await wrongMethod.json()]).toEqual([405, { error: "method not allowed" }]);
  });

  it.each([
    ["", "missing request body"],
    ["[1]", "the request body must be a JSON object"],
    ['{"model":', "invalid JSON in the request body"],
    [`{"a":${"[".repeat(90_000)}`, "the request body is nested more than 128 levels deep"],
    ['{"model":"flock-tiny","options":{"seed":1e400}}', 'option "seed" must be of type integer'],
  ])("name what is wrong with a body: %.20s", async (text, error) => {
    expect(await engine.json("/api/generate", text)).toEqual({ status: 400, body: { error } });
  });

  it("parse a body whatever its content type says", async () => {
    for (const type of [
      "application/x-www-form-urlencoded",
      "text/plain",
      "application/json; charset=utf-8",
    ]) {
      const response = await engine.post("/api/show", '{"model":"flock-tiny"}', {
        headers: { "content-type": type },
      });
      expect(response.status).toBe(200);
    }
  });

  it("refuse a body over the limit, announced or not", async () => {
    const body = JSON.stringify({ model: "flock-tiny", prompt: "x".repeat(100_000) });
    const tooLarge = { status: 413, body: { error: "request body too large" } };
    expect(await engine.json("/api/generate", body)).toEqual(tooLarge);
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body));
        controller.close();
      },
    });
    const init = { method: "POST", body: chunked, duplex: "half" } as RequestInit;
    const response = await fetch(`${engine.url}/api/generate`, init).catch(() => undefined);
    expect(response === undefined || response.status === 413).toBe(true);
  });

  it("leave the connection usable", async () => {
    const socket = connect(Number(new URL(engine.url).port), "127.0.0.1");
    const received: string[] = [];
    socket.setEncoding("utf8").on("data", (data: string) => received.push(data));
    const post = (body: string) =>
      `POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    socket.write(post('{"model":5}') + post('{"model":"flock-tiny"}'));
    while (!received.join("").includes("HTTP/1.1 200"))
      await new Promise((resolve) => socket.once("data", resolve));
    expect(received.join("")).toMatch(/^HTTP\/1.1 400 [\s\S]*HTTP\/1.1 200 /);
    socket.destroy();
  });
});
