import { eventually, type TestMesh } from "@flock/harness";
import { describeOllama } from "./describe-ollama.js";
import { send } from "./http-client.js";

export function describeOllamaOnMesh(given: () => TestMesh): void {
  describe("Ollama dialect, whole mesh", () => {
    let mesh: TestMesh;
    beforeAll(() => {
      mesh = given();
    });
    describeOllama(() => ({
      baseUrl: mesh.state.apiUrl,
      apiKey: mesh.state.apiKey,
      model: mesh.model,
      longPrompt: "Tell me a story about a llama.",
    }));

    const ask = async (path: string, body?: object) => {
      const response = await send(mesh.state.apiUrl, {
        method: body === undefined ? "GET" : "POST",
        path,
        headers: { authorization: `Bearer ${mesh.state.apiKey}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: JSON.parse(response.body) };
    };
    const listed = async (path: string) => (await ask(path)).body.models.length;

    it("lists what can be used now: not what only paused workers have, which is refused clearly", async () => {
      await mesh.control("worker-1", "pause");
      await mesh.control("worker-2", "resume");
      expect(await listed("/api/tags")).toBe(1);
      await mesh.control("worker-2", "pause");
      await eventually("the model is listed no more", async () => (await listed("/api/tags")) === 0);
      expect(await listed("/api/ps")).toBe(0);
      expect((await ask("/api/show", { model: mesh.model })).status).toBe(200);
      for (const [path, body] of [
        ["/api/generate", { prompt: "hi" }],
        ["/api/chat", { messages: [{ role: "user", content: "hi" }] }],
        ["/api/embed", { input: "hi" }],
      ] as const) {
        const refused = await ask(path, { model: mesh.model, ...body });
        expect(refused).toMatchObject({
          status: 503,
          headers: { "retry-after": expect.stringMatching(/^[1-9]/) },
          body: { error: `no worker serves model '${mesh.model}' at the moment` },
        });
      }
      for (const worker of ["worker-1", "worker-2"]) await mesh.control(worker, "resume");
      await eventually("the model is listed again", async () => (await listed("/api/tags")) === 1);
      const answered = await ask("/api/generate", { model: mesh.model, prompt: "hi", stream: false });
      expect(answered.status).toBe(200);
      expect(await listed("/api/ps")).toBe(1);
    });
  });
}
