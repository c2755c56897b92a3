import { Ollama } from "ollama";
import { RunningEngine } from "./running-engine.js";

/* The unmodified `ollama` package. */

const model = "flock-tiny";
const options = { temperature: 0 };
let engine: RunningEngine;
let client: Ollama;

beforeAll(async () => {
  engine = await RunningEngine.start();
  client = new Ollama({ host: engine.url });
}, 30_000);
afterAll(() => engine.engine.close());

describe("the ollama client", () => {
  it("generates, at once and streamed", async () => {
    const whole = await client.generate({ model, prompt: "Say pong", options });
    expect(whole).toMatchObject({ response: "pong", done: true, done_reason: "stop", eval_count: 3 });
    const parts: string[] = [];
    for await (const part of await client.generate({ model, prompt: "Say pong", options, stream: true })) {
      parts.push(part.response ?? "");
    }
    expect(parts).toEqual(["p", "ong", ""]);
  });

  it("chats, at once and streamed", async () => {
    const messages = [{ role: "user", content: "What is the capital of Peru?" }];
    const whole = await client.chat({ model, messages, options });
    expect(whole.message).toEqual({ role: "assistant", content: "The capital of Peru is Lima." });
    let text = "";
    for await (const part of await client.chat({ model, messages, options, stream: true }))
      text += part.message.content;
    expect(text).toBe(whole.message.content);
  });

  it("aborts a stream", async () => {
    const stream = await client.generate({ model, prompt: "Tell me a story.", stream: true });
    const read = async () => {
      for await (const _part of stream) stream.abort();
    };
    await expect(read()).rejects.toMatchObject({ name: "AbortError" });
  });

  it("lists, shows and embeds", async () => {
    expect((await client.list()).models.map(({ name }) => name)).toEqual(["flock-tiny:latest"]);
    expect((await client.ps()).models).toHaveLength(1);
    expect((await client.show({ model })).details.family).toBe("llama");
    expect((await client.embed({ model, input: ["a", "b"] })).embeddings).toHaveLength(2);
    expect((await client.embeddings({ model, prompt: "a" })).embedding).toHaveLength(256);
  });

  it("gets errors as errors", async () => {
    const missing = { status_code: 404, error: "model 'nobody' not found" };
    await expect(client.generate({ model: "nobody", prompt: "x" })).rejects.toMatchObject(missing);
    await expect(client.chat({ model: "nobody", stream: true })).rejects.toMatchObject(missing);
    await expect(client.pull({ model: "llama3" })).rejects.toMatchObject({ status_code: 403 });
    await expect(client.generate({ model, prompt: "x", think: true })).rejects.toMatchObject({
      status_code: 400,
      error: '"flock-tiny" does not support thinking',
    });
  });
});
