import { createLogger, createMetrics } from "@flock/observability";
import type { FastifyInstance } from "fastify";
import { DrainState } from "../src/drain-state.js";
import { createApp } from "../src/http/app.js";
import type { Dialect, RequestHead } from "../src/http/dialect.js";
import { DEFAULT_RIGHTS } from "../src/keys/key-rights.js";
import { OpenLimits } from "../src/limits/open-limits.js";
import { ApiMetrics } from "../src/metrics.js";

const says = (text: string) => async () => text;
/** What is said of a route does not matter here. */
const operation = { id: "any", summary: "Any" };
const described = { title: "Any", about: "Any.", errorSchema: {} };
const VERSION = "anthropic-version";

/** Two dialects that share a path, of which a header decides. */
const openai: Dialect = {
  name: "openai",
  described,
  owns: ({ path, headers }: RequestHead) => path.startsWith("/v1/") && headers[VERSION] === undefined,
  errorBody: ({ message }) => ({ error: { message, type: "openai" } }),
  routes: [
    { methods: ["GET"], path: "/v1/models", handler: says("models of openai"), operation },
    { methods: ["POST"], path: "/v1/chat/completions", handler: says("chat"), operation },
    { methods: ["GET"], path: "/v1/free", open: "free", handler: says("free"), operation },
  ],
};
const anthropic: Dialect = {
  name: "anthropic",
  described,
  owns: ({ path, headers }: RequestHead) => path.startsWith("/v1/") && headers[VERSION] !== undefined,
  keyHeader: "x-api-key",
  errorBody: ({ message }) => ({ type: "error", error: { message } }),
  routes: [
    { methods: ["GET"], path: "/v1/models", handler: says("models of anthropic"), operation },
    { methods: ["POST"], path: "/v1/models", handler: says("posted to anthropic"), operation },
    { methods: ["POST"], path: "/v1/messages", handler: says("message"), operation },
    { methods: ["GET"], path: "/v1/free", handler: says("not free"), operation },
  ],
};

describe("two dialects that share a path", () => {
  let app: FastifyInstance;
  let baseUrl: string;

  beforeAll(async () => {
    const { meter } = createMetrics("test");
    const logger = createLogger("test", "silent");
    const metrics = new ApiMetrics(meter);
    app = await createApp({
      requestTimeoutMs: 120_000,
      dialects: [openai, anthropic],
      identify: (key) =>
        key === "key" ? { keyId: "key-1", accountId: "alice", rights: DEFAULT_RIGHTS } : undefined,
      drain: new DrainState(),
      limits: { unsentBytesMax: 1_000_000, stallTimeoutMs: 10_000 },
      openLimits: new OpenLimits({
        perMinute: { read: 60, write: 60 },
        wrongKeysPerMinute: 60,
        walletPerMinute: 60,
        unlimitedClients: [],
        metrics,
        logger,
      }),
      trustedProxies: [],
      corsOrigins: [],
      logger,
      metrics,
    });
    baseUrl = await app.listen({ host: "127.0.0.1", port: 0 });
  });
  afterAll(() => app.close());

  const asOpenai = { authorization: "Bearer key" };
  const asAnthropic = { "x-api-key": "key", [VERSION]: "2023-06-01" };
  const ask = async (method: string, path: string, headers: Record<string, string>) => {
    const response = await fetch(`${baseUrl}${path}`, { method, headers });
    return [response.status, await response.text()] as const;
  };

  it("answer their own requests, each with its own key header", async () => {
    expect(await ask("GET", "/v1/models?limit=1", asOpenai)).toEqual([200, "models of openai"]);
    expect(await ask("GET", "/v1/models?limit=1", asAnthropic)).toEqual([200, "models of anthropic"]);
    expect(await ask("POST", "/v1/chat/completions", asOpenai)).toEqual([200, "chat"]);
    expect(await ask("POST", "/v1/messages", asAnthropic)).toEqual([200, "message"]);
  });

  it("answer on a path that only one of them has, whoever asks", async () => {
    expect(await ask("POST", "/v1/models", asOpenai)).toEqual([200, "posted to anthropic"]);
    const both = { ...asAnthropic, ...asOpenai };
    expect(await ask("POST", "/v1/chat/completions", both)).toEqual([200, "chat"]);
  });

  it("tell errors each in its own shape", async () => {
    const withoutKey = { [VERSION]: "2023-06-01" };
    const message = "unauthorized: missing API key";
    expect(await ask("GET", "/v1/models", {})).toEqual([
      401,
      JSON.stringify({ error: { message, type: "openai" } }),
    ]);
    expect(await ask("GET", "/v1/models", withoutKey)).toEqual([
      401,
      JSON.stringify({ type: "error", error: { message } }),
    ]);
    expect(await ask("GET", "/v1/nothing", asAnthropic)).toEqual([
      404,
      JSON.stringify({ type: "error", error: { message: "path /v1/nothing not found" } }),
    ]);
  });

  it("decide each for itself who may use its route", async () => {
    expect(await ask("GET", "/v1/free", {})).toEqual([200, "free"]);
    expect((await ask("GET", "/v1/free", { [VERSION]: "2023-06-01" }))[0]).toBe(401);
    expect(await ask("GET", "/v1/free", asAnthropic)).toEqual([200, "not free"]);
  });

  it("allow together what either of them has", async () => {
    const init = { method: "DELETE", headers: asOpenai };
    const refused = await fetch(`${baseUrl}/v1/models`, init);
    expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, POST"]);
    await refused.text();
  });
});
