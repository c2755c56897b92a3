import { CatalogueEntry } from "@flock/proto/catalogue";
import { post } from "./clients.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const modelOf = (name: string, capabilities: string[]) =>
  CatalogueEntry.fromPartial({ ...PLAIN_MODEL, name: `${name}:latest`, capabilities });

describe("a request that no worker can answer", () => {
  let api: TestApi;
  let holds = 0;
  beforeAll(async () => {
    api = await startTestApi({
      models: [ABLE_MODEL, modelOf("writer", ["completion"]), modelOf("unknown", [])],
      holds: {
        hold: async ({ bounds }) => {
          holds += 1;
          return bounds;
        },
      },
    });
  });
  afterAll(() => api.stop());

  const able = ABLE_MODEL.name;
  const emptyInList = "input exceeds maximum context length and cannot be truncated further";
  it.each([
    ["/api/embed", { model: able, input: ["a", ""] }, emptyInList],
    ["/api/embed", { model: able, input: [""] }, emptyInList],
    ["/api/embed", { model: able, input: [["a"]] }, "invalid input type"],
    ["/api/embed", { model: able, input: ["a", null] }, "invalid input type"],
    ["/api/embed", { model: "writer", input: "a" }, '"writer" does not support embeddings'],
    ["/api/embed", { model: "Writer:latest", input: ["a"] }, '"Writer:latest" does not support embeddings'],
    ["/api/embeddings", { model: "writer", prompt: "a" }, '"writer" does not support embeddings'],
    [
      "/api/generate",
      { model: able, prompt: "a", context: [1] },
      'field "context" is not supported by this server: send the conversation to /api/chat',
    ],
    [
      "/api/generate",
      { model: able, prompt: "a", options: { repeat_penalty: -1 } },
      'option "repeat_penalty" must be greater than 0',
    ],
  ])("%s %j is refused before it is routed or charged: %s", async (path, body, error) => {
    const response = await post(api, path, body);
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 400,
      body: { error },
    });
    expect([api.requester.jobs.length, holds]).toEqual([0, 0]);
  });

  it.each([
    ["/api/embed", { model: "writer", input: "" }, { embeddings: [] }],
    ["/api/embed", { model: "writer", input: [] }, { embeddings: [] }],
    ["/api/embed", { model: "writer" }, { embeddings: [] }],
    ["/api/embeddings", { model: "writer", prompt: "" }, { embedding: [] }],
    ["/api/embed", { model: "unknown", input: "a" }, { embeddings: [[0.6, 0.8]] }],
    [
      "/api/embed",
      { model: able, input: ["a", "b"] },
      {
        embeddings: [
          [0.6, 0.8],
          [0.6, 0.8],
        ],
      },
    ],
    // As for text: what a negative number would mean there, means nothing here.
    ["/api/embed", { model: able, input: "a", options: { repeat_last_n: -1 } }, { embeddings: [[0.6, 0.8]] }],
  ])("%s %j is not one", async (path, body, answer) => {
    const response = await post(api, path, body);
    expect({ status: response.status, body: await response.json() }).toMatchObject({
      status: 200,
      body: answer,
    });
  });

  it.each([
    ["/api/generate", { prompt: "a" }, undefined],
    ["/api/generate", { prompt: "a", context: [] }, undefined],
    ["/api/generate", { prompt: "a", context: null }, undefined],
    ["/api/generate", { prompt: "a", top_logprobs: 5 }, undefined],
    ["/api/generate", { prompt: "a", logprobs: false, top_logprobs: 5 }, undefined],
    ["/api/generate", { prompt: "a", logprobs: true, top_logprobs: 5 }, 5],
  ])("%s %j is not one either, and the worker is asked for %j alternatives", async (path, body, count) => {
    const response = await post(api, path, { model: able, stream: false, ...body });
    expect(response.status).toBe(200);
    await response.text();
    expect(api.requester.lastJob.body["top_logprobs"]).toBe(count);
    expect(api.requester.lastJob.body["context"]).toBeUndefined();
  });

  it("is run under the model's canonical name, and echoes the client's own", async () => {
    const model = " Registry.ollama.ai/Library/ABLE:7B";
    const response = await post(api, "/api/generate", { model, prompt: "a", stream: false });
    expect(await response.json()).toMatchObject({ model, done: true });
    expect(api.requester.lastJob.spec.model).toBe(able);
    expect(api.requester.lastJob.body["model"]).toBe(able);
  });
});
