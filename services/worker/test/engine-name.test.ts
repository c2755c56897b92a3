import { createEngine } from "@flock/engine";
import { ScriptedOllama } from "../../../packages/runner/test/scripted-ollama.js";
import { engineName } from "../src/engine-name.js";

describe("the name of an engine", () => {
  it.each([
    ["an Ollama's version", { version: "0.33.0-rc2-fb30760" }, "ollama/0.33.0-rc2-fb30760"],
    ["its own, if it has one", { version: "0", engine: "flock-engine/0.1.0" }, "flock-engine/0.1.0"],
    ["in lower case", { version: "0.33.0-RC2" }, "ollama/0.33.0-rc2"],
    ["none, if it is too long", { version: "1".repeat(40) }, ""],
    ["none, if it is no name", { version: "0", engine: "an engine\n/1" }, ""],
    ["none, if it is no text", { version: {} }, ""],
    ["an Ollama's, whatever its own is", { version: "0.33.1", engine: 7 }, "ollama/0.33.1"],
  ])("is %s", async (_what, answer, expected) => {
    const ollama = new ScriptedOllama((_request, response) => void response.end(JSON.stringify(answer)));
    expect(await engineName(await ollama.start())).toBe(expected);
    await ollama.stop();
  });

  it("is flock-engine's own for the embedded one, with a version", async () => {
    const engine = await createEngine({});
    const { url } = await engine.listen({ host: "127.0.0.1", port: 0 });
    expect(await engineName(url)).toMatch(/^flock-engine\/\d+\.\d+\.\d+$/);
    await engine.close();
  }, 30_000);

  it("cannot be told of an engine that does not answer", async () => {
    await expect(engineName("http://127.0.0.1:9")).rejects.toThrow();
  });
});
