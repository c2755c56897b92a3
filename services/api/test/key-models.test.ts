import type { Identity } from "../src/identity.js";
import { DEFAULT_RIGHTS } from "../src/keys/key-rights.js";
import { post } from "./clients.js";
import { startTestApi, type TestApi } from "./start-test-api.js";

const OTHER = "able:7b";
const MESSAGES = [{ role: "user", content: "hello" }];
const ANTHROPIC = { "anthropic-version": "2023-06-01" };

interface Refusal {
  /** Ollama's is its words alone. */
  readonly error: string | { readonly message: string; readonly type: string };
}

interface Listing {
  readonly models?: readonly { readonly name?: string; readonly id?: string }[];
  readonly data?: Listing["models"];
}

const messageOf = (error: Refusal["error"]) => (typeof error === "string" ? error : error.message);

/** Each dialect's way to have a model answer, and where the words of its refusal are. */
const DIALECTS = [
  ["Ollama's chat", "/api/chat", { messages: MESSAGES }],
  ["Ollama's generate", "/api/generate", { prompt: "hello" }],
  ["Ollama's embed", "/api/embed", { input: "hello" }],
  ["OpenAI's chat", "/v1/chat/completions", { messages: MESSAGES }],
  ["OpenAI's completions", "/v1/completions", { prompt: "hello" }],
  ["OpenAI's embeddings", "/v1/embeddings", { input: "hello" }],
  ["Responses", "/v1/responses", { input: "hello" }],
  ["Anthropic's messages", "/v1/messages", { messages: MESSAGES, max_tokens: 10 }],
] as const;

describe("a key for some models only", () => {
  let api: TestApi;
  const identity: Identity = {
    keyId: "key-1",
    accountId: "alice",
    rights: { ...DEFAULT_RIGHTS, models: ["flock-tiny:latest"] },
  };

  beforeAll(async () => {
    api = await startTestApi({ identity });
  });
  afterAll(async () => api?.stop());

  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(`${api.baseUrl}${path}`, { headers: { authorization: `Bearer ${api.apiKey}`, ...headers } });

  it.each(DIALECTS)("answers %s with those, and refuses others with 403", async (_name, path, body) => {
    expect((await post(api, path, { ...body, model: "flock-tiny" })).status).toBe(200);
    const refused = await post(api, path, { ...body, model: OTHER });
    expect(refused.status).toBe(403);
    const { error } = (await refused.json()) as Refusal;
    expect(messageOf(error)).toBe(`this API key may not use model '${OTHER}'`);
    if (typeof error !== "string") expect(error.type).toBe("permission_error");
    expect((await post(api, path, { ...body, model: "nobody:1b" })).status).toBe(404);
  });

  it("lists no others, in no dialect", async () => {
    const names = async (path: string, headers?: Record<string, string>) => {
      const { models, data = [] } = (await (await get(path, headers)).json()) as Listing;
      return (models ?? data).map(({ name, id }) => name ?? id);
    };
    const allowed = ["flock-tiny:latest"];
    expect(await names("/api/tags")).toEqual(allowed);
    expect(await names("/api/ps")).toEqual(allowed);
    expect(await names("/v1/models")).toEqual(allowed);
    expect(await names("/v1/models", ANTHROPIC)).toEqual(allowed);
  });

  it("shows no others", async () => {
    expect((await post(api, "/api/show", { model: OTHER })).status).toBe(403);
    expect((await get(`/v1/models/${OTHER}`)).status).toBe(403);
    expect((await get(`/v1/models/${OTHER}`, ANTHROPIC)).status).toBe(403);
  });

  it("tells the network which key a job came by", async () => {
    await (await post(api, "/api/chat", { model: "flock-tiny", messages: MESSAGES })).text();
    expect(api.requester.lastJob.spec.keyId).toBe("key-1");
  });
});

describe("a key that is not for inference", () => {
  let api: TestApi;

  beforeAll(async () => {
    const rights = { ...DEFAULT_RIGHTS, scopes: ["read_account"] as const };
    api = await startTestApi({ identity: { keyId: "key-1", accountId: "alice", rights } });
  });
  afterAll(async () => api?.stop());

  it.each(DIALECTS)("is refused by %s with 403", async (_name, path, body) => {
    const refused = await post(api, path, { ...body, model: "flock-tiny" });
    expect(refused.status).toBe(403);
    const { error } = (await refused.json()) as Refusal;
    expect(messageOf(error)).toBe("this API key may not use models");
    expect(api.requester.jobs).toHaveLength(0);
  });

  it.each(DIALECTS)("is refused by %s with its key in the path as well", async (_name, path, body) => {
    const refused = await fetch(`${api.baseUrl}/k/${api.apiKey}${path}`, {
      method: "POST",
      body: JSON.stringify({ ...body, model: "flock-tiny" }),
    });
    expect(refused.status).toBe(403);
  });
});
