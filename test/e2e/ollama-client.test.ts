import { TestMesh } from "@flock/harness";
import { Ollama } from "ollama";

const ASK = { model: "flock-tiny", prompt: "What is the capital of Peru?", options: { temperature: 0 } };
const ANSWER = "The capital of Peru is Lima.";
const MESSAGES = [{ role: "user", content: "What is the capital of Peru?" }];

/** What the client would be given by the engine itself, without the mesh between. */
function direct(mesh: TestMesh): Ollama {
  return new Ollama({ host: mesh.state.ollamaUrl });
}

describe("the ollama client, unmodified", () => {
  let mesh: TestMesh;
  let ollama: Ollama;
  beforeAll(async () => {
    mesh = await TestMesh.start();
    ollama = mesh.demo.ollama();
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);

  it("generates", async () => {
    const answer = await ollama.generate({ ...ASK, stream: false });
    const expected = await direct(mesh).generate({ ...ASK, stream: false });
    expect(answer).toMatchObject({ model: "flock-tiny", response: ANSWER, done: true, done_reason: "stop" });
    expect(answer.prompt_eval_count).toBe(expected.prompt_eval_count);
    expect(answer.eval_count).toBe(expected.eval_count);
  });

  it("generates as a stream, token by token, with the counts in the last line", async () => {
    const lines = [];
    for await (const line of await ollama.generate({ ...ASK, stream: true })) lines.push(line);
    const expected = await direct(mesh).generate({ ...ASK, stream: false });
    expect(lines.map(({ response }) => response).join("")).toBe(ANSWER);
    expect(lines.filter(({ done }) => done)).toHaveLength(1);
    expect(lines.at(-1)).toMatchObject({
      done: true,
      done_reason: "stop",
      prompt_eval_count: expected.prompt_eval_count,
      eval_count: expected.eval_count,
    });
    expect(lines.length).toBeGreaterThan(2);
  });

  it("chats, with the conversation so far", async () => {
    const name = [
      { role: "user", content: "My name is Luna." },
      { role: "assistant", content: "Hello Luna!" },
      { role: "user", content: "What is my name?" },
    ];
    const request = { model: "flock-tiny", messages: name, options: { temperature: 0 } };
    const answer = await ollama.chat({ ...request, stream: false });
    const expected = await direct(mesh).chat({ ...request, stream: false });
    expect(answer.message).toEqual(expected.message);
    expect(answer.message.content).toContain("Luna");
  });

  it("chats as a stream", async () => {
    const request = {
      model: "flock-tiny",
      messages: MESSAGES,
      options: { temperature: 0 },
      stream: true as const,
    };
    let text = "";
    for await (const { message } of await ollama.chat(request)) text += message.content;
    expect(text).toBe(ANSWER);
  });

  it("aborts a stream and can go on with the next request", async () => {
    const stream = await ollama.generate({
      model: "flock-tiny",
      prompt: "Tell me a story about a llama.",
      stream: true,
      options: { temperature: 0 },
    });
    const read = (async () => {
      for await (const { response } of stream) if (response !== "") stream.abort();
    })();
    await expect(read).rejects.toThrow(/abort/i);
    expect((await ollama.generate({ ...ASK, stream: false })).response).toBe(ANSWER);
  });

  it("lists and shows the model with the engine's own digest, and sees it loaded", async () => {
    const [listed, expected] = await Promise.all([ollama.list(), direct(mesh).list()]);
    expect(listed.models.map(({ name, digest, size }) => ({ name, digest, size }))).toEqual(
      expected.models.map(({ name, digest, size }) => ({ name, digest, size })),
    );
    const shown = await ollama.show({ model: "flock-tiny" });
    expect(shown.details.family).toBe("llama");
    expect(shown.capabilities).toContain("completion");
    expect((await ollama.ps()).models.map(({ name }) => name)).toEqual(["flock-tiny:latest"]);
  });

  it("embeds", async () => {
    const request = { model: "flock-tiny", input: ["llama", "mountain"] };
    const [answer, expected] = await Promise.all([ollama.embed(request), direct(mesh).embed(request)]);
    expect(answer.embeddings).toEqual(expected.embeddings);
    expect(answer.prompt_eval_count).toBe(expected.prompt_eval_count);
  });

  it("is told 404 for a model that nobody offers, streamed or not", async () => {
    const request = { ...ASK, model: "no-such-model" };
    const refusal = { status_code: 404, error: "model 'no-such-model' not found" };
    await expect(ollama.generate({ ...request, stream: false })).rejects.toMatchObject(refusal);
    await expect(ollama.generate({ ...request, stream: true })).rejects.toMatchObject(refusal);
    await expect(ollama.show({ model: "no-such-model" })).rejects.toMatchObject({ status_code: 404 });
  });

  it("may carry its key in the path, which no log shows", async () => {
    const { apiUrl, apiKey } = mesh.state;
    const byPath = new Ollama({ host: `${apiUrl}/k/${apiKey}` });
    expect((await byPath.generate({ ...ASK, stream: false })).response).toBe(ANSWER);
    expect((await byPath.list()).models).toHaveLength(1);
    const wrong = new Ollama({ host: `${apiUrl}/k/flk_wrong` });
    await expect(wrong.list()).rejects.toMatchObject({ status_code: 401 });
    const logs = JSON.stringify(
      ["api", "router", "ledger", "worker-1", "worker-2"].map((part) => mesh.log(part)),
    );
    expect(logs).toContain('"/api/generate"');
    expect(logs).not.toContain(apiKey);
  });

  it("finds nobody's prompt or answer in any log", () => {
    const logs = JSON.stringify(
      ["api", "router", "ledger", "worker-1", "worker-2"].map((part) => mesh.log(part)),
    );
    for (const secret of ["capital of Peru", "Lima", "Luna"]) expect(logs).not.toContain(secret);
  });
});
