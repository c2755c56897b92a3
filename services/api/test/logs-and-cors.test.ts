import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY_ROOT } from "@flock/provision";
import { eventually } from "@flock/provision/testing";
import { post } from "./clients.js";
import { PLAIN_MODEL, startTestApi, type TestApi } from "./start-test-api.js";

const model = PLAIN_MODEL.name;

describe("the log", () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.stop());

  it("has one line per request, with ids and numbers, and never a prompt, an answer or a key", async () => {
    const response = await post(api, "/api/generate", { model, prompt: "a private thought" });
    await response.text();
    await fetch(`${api.baseUrl}/k/${api.apiKey}/api/tags?key=${api.apiKey}`);
    await fetch(`${api.baseUrl}/k/flk_wrong/api/nowhere`);
    await fetch(`${api.baseUrl}/api/nowhere/k/flk_odd`);
    await fetch(`${api.baseUrl}//k//${api.apiKey}//api/tags/`);
    await fetch(`${api.baseUrl}/%6b/${api.apiKey}/api/tags`);
    await fetch(`${api.baseUrl}/k%2F${api.apiKey}/api/tags`);
    await fetch(`${api.baseUrl}/${api.apiKey}/api/tags`);
    await eventually(
      "a line for each",
      () => api.logs.filter((line) => line["msg"] === "request").length === 8,
    );
    const lines = api.logs.filter((line) => line["msg"] === "request");
    expect(lines[0]).toMatchObject({
      level: "info",
      requestId: response.headers.get("x-request-id"),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      accountId: "alice",
      keyId: "key-1",
      method: "POST",
      path: "/api/generate",
      status: 200,
      model,
      outcome: "completed",
      promptTokens: 7,
      completionTokens: 3,
      leases: 1,
    });
    expect(lines.map((line) => line["status"])).toEqual([200, 200, 401, 401, 200, 200, 401, 401]);
    const text = JSON.stringify(api.logs);
    for (const secret of ["private", "thought", api.apiKey, "flk_wrong", "flk_odd"])
      expect(text).not.toContain(secret);
  });

  it("carries the caller's trace on to the job", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const headers = {
      authorization: `Bearer ${api.apiKey}`,
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    };
    await (await post(api, "/api/generate", { model, prompt: "x" }, { headers })).text();
    expect(api.requester.lastJob.spec.traceparent).toContain(traceId);
    await eventually("it is in the log", () => api.logs.some((line) => line["traceId"] === traceId));
  });
});

interface Recorded {
  readonly name: string;
  readonly request: { readonly headers: Readonly<Record<string, string>> };
  readonly response: { readonly headers: Readonly<Record<string, string>> };
}

/** What a real Ollama was asked by pages, and what it said. */
function recordedCors(): Recorded[] {
  return ["chat", "listing", "v1-chat-completions"].flatMap((file) => {
    const lines = readFileSync(join(REPOSITORY_ROOT, `test/golden/${file}.jsonl`), "utf8")
      .trim()
      .split("\n");
    return lines.map((line) => JSON.parse(line) as Recorded).filter(({ name }) => name.startsWith("cors-"));
  });
}

describe("CORS", () => {
  const preflight = (api: TestApi, origin: string) =>
    fetch(`${api.baseUrl}/api/chat`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization, content-type, x-stainless-os, anthropic-version",
      },
    });

  it("is off unless origins are configured", async () => {
    const api = await startTestApi();
    const response = await preflight(api, "https://app.example");
    await api.stop();
    expect(response.headers.get("access-control-allow-origin")).toBeNull();
    expect(response.status).toBe(401);
  });

  it("lets the pages in that a real Ollama lets in, and keeps out those that it keeps out", async () => {
    const api = await startTestApi({ corsOrigins: ["local"] });
    const recorded = recordedCors();
    expect(recorded.length).toBeGreaterThanOrEqual(5);
    for (const { request, response } of recorded) {
      const origin = request.headers["Origin"] ?? "";
      const allowed = response.headers["Access-Control-Allow-Origin"] ?? null;
      expect((await preflight(api, origin)).headers.get("access-control-allow-origin")).toBe(allowed);
      const answer = await fetch(`${api.baseUrl}/api/version`, { headers: { origin } });
      await answer.text();
      expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
      expect(answer.headers.get("vary")).toBe("Origin");
    }
    await api.stop();
  });

  it("lets pages of configured origins ask without a key and read streams and errors", async () => {
    const api = await startTestApi({ corsOrigins: ["https://app.example"] });
    const allowed = await preflight(api, "https://app.example");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(allowed.headers.get("access-control-allow-headers")).toContain("x-stainless-os");
    expect(
      (await preflight(api, "https://evil.example")).headers.get("access-control-allow-origin"),
    ).toBeNull();
    const headers = { origin: "https://app.example", authorization: `Bearer ${api.apiKey}` };
    for (const body of [
      { model, prompt: "x" },
      { model: "nobody", prompt: "x" },
    ]) {
      const response = await post(api, "/api/generate", body, { headers });
      await response.text();
      expect(response.headers.get("access-control-allow-origin")).toBe("https://app.example");
      expect(response.headers.get("access-control-expose-headers")).toContain("x-request-id");
    }
    await api.stop();
  });

  it("answers OPTIONS that is no preflight as one, never in plain text", async () => {
    const api = await startTestApi({ corsOrigins: ["*"] });
    const answer = await fetch(`${api.baseUrl}/v1/messages`, { method: "OPTIONS" });
    expect([answer.status, await answer.text()]).toEqual([204, ""]);
    await api.stop();
  });
});
