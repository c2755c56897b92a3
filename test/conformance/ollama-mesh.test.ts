import { TestMesh } from "@flock/harness";
import { describeOllama } from "./describe-ollama.js";

/** The whole mesh: real api, router, ledger, workers and engine. */
describe("Ollama dialect, whole mesh", () => {
  let mesh: TestMesh;
  beforeAll(async () => {
    mesh = await TestMesh.start();
  }, 180_000);
  afterAll(() => mesh?.stop(), 60_000);
  describeOllama(() => ({
    baseUrl: mesh.state.apiUrl,
    apiKey: mesh.state.apiKey,
    model: mesh.model,
    longPrompt: "Tell me a story about a llama.",
  }));
});
