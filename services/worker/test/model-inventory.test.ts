import { ScriptedOllama } from "../../../packages/runner/test/scripted-ollama.js";
import { ModelInventory } from "../src/model-inventory.js";

const DIGEST = "a".repeat(64);
const OTHER_DIGEST = "b".repeat(64);

describe("the models of an Ollama", () => {
  let listed: object[] = [];
  let shown: object = {};
  const ollama = new ScriptedOllama(({ path }, response) => {
    const answers: Readonly<Record<string, object>> = {
      "/api/tags": { models: listed },
      "/api/ps": { models: listed.slice(0, 1) },
      "/api/show": shown,
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(answers[path] ?? {}));
  });
  let url: string;
  beforeAll(async () => {
    url = await ollama.start();
  });
  afterAll(() => ollama.stop());

  const inventory = () => new ModelInventory(url, 4_096);

  const model = (name: string, digest = DIGEST, more: object = {}) => ({
    name,
    model: name,
    digest,
    size: 7,
    modified_at: "2026-01-01T00:00:00Z",
    ...more,
  });

  it("are told by their canonical names, and which are loaded", async () => {
    listed = [model("Flock-Tiny:Latest"), model("hf.co/User/Model:Q4_K_M")];
    expect(await inventory().list()).toEqual([
      { name: "flock-tiny:latest", digest: DIGEST, sizeBytes: 7, loaded: true, contextLength: 4_096 },
      { name: "hf.co/user/model:q4_k_m", digest: DIGEST, sizeBytes: 7, loaded: false, contextLength: 4_096 },
    ]);
  });

  it("are left out if they are another model's namesake, hosted elsewhere, or cannot be asked for", async () => {
    listed = [
      model("a:latest"),
      model("A:latest", OTHER_DIGEST),
      model("b:local", OTHER_DIGEST),
      model("c:cloud", OTHER_DIGEST, { remote_host: "https://ollama.com:443" }),
      model("d:latest", "none"),
      model("no name"),
    ];
    expect((await inventory().list()).map(({ name, digest }) => [name, digest])).toEqual([
      ["a:latest", DIGEST],
    ]);
  });

  it("are described by any spelling of the name that they are listed by", async () => {
    listed = [model("Flock-Tiny:Latest")];
    shown = { capabilities: ["embedding"], model_info: { "llama.context_length": 128 } };
    expect(await inventory().describe("flock-tiny:latest")).toMatchObject({
      name: "flock-tiny:latest",
      digest: DIGEST,
      contextLength: 128,
      capabilities: ["embedding"],
    });
    expect(await inventory().describe("other:latest")).toBeUndefined();
  });

  it("have no known capabilities where Ollama is too old to tell, so that nothing is refused for lack of one", async () => {
    listed = [model("flock-tiny:latest")];
    shown = {};
    expect((await inventory().describe("flock-tiny:latest"))?.capabilities).toEqual([]);
  });
});
