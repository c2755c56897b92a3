import type { AddressInfo } from "node:net";
import { createLogger, createMetrics } from "@flock/observability";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { FastifyInstance } from "fastify";
import { clientDialects } from "../src/client-dialects.js";
import type { InferenceGateway } from "../src/dialects/inference-gateway.js";
import { DrainState } from "../src/drain-state.js";
import { createApp } from "../src/http/app.js";
import { METHODS } from "../src/http/routes.js";
import { DEFAULT_RIGHTS } from "../src/keys/key-rights.js";
import { OpenLimits } from "../src/limits/open-limits.js";
import { ApiMetrics } from "../src/metrics.js";
import type { MoneyGateway } from "../src/money/money-gateway.js";
import { DescribedApi } from "./described-api.js";

const KEY = "key";

/** Asks an app that listens. */
async function ask(app: FastifyInstance, path: string, init: RequestInit = {}) {
  const { port } = app.server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

/** The routes as the service has them, with nothing behind them. */
async function appOfAllRoutes(): Promise<FastifyInstance> {
  const logger = createLogger("api", "silent");
  const metrics = new ApiMetrics(createMetrics("api").meter);
  const limits = { unsentBytesMax: 1_000_000, stallTimeoutMs: 10_000 };
  // CAST: what is behind a route is not asked.
  const gateway = { logger, metrics, limits, bodyBytesMax: 1_000 } as InferenceGateway;
  const money = { logger } as MoneyGateway;
  const app = await createApp({
    dialects: clientDialects(gateway, money),
    identify: (key) =>
      key === KEY ? { keyId: "key-1", accountId: "alice", rights: DEFAULT_RIGHTS } : undefined,
    drain: new DrainState(),
    limits,
    requestTimeoutMs: 120_000,
    openLimits: new OpenLimits({
      perMinute: { read: 10_000, write: 10_000 },
      wrongKeysPerMinute: 10_000,
      walletPerMinute: 1,
      unlimitedClients: [],
      metrics,
      logger,
    }),
    trustedProxies: [],
    corsOrigins: [],
    logger,
    metrics,
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return app;
}

/** The paths in fastify's own tree of routes, with braces. */
function pathsOf(app: FastifyInstance): string[] {
  const paths: string[] = [];
  const above: string[] = [];
  for (const line of app.printRoutes({ commonPrefix: false }).split("\n")) {
    const [, indent = "", path = ""] = /^((?:[│ ] {3})*)[├└]── (\S+)/u.exec(line) ?? [];
    if (path === "") continue;
    const depth = indent.length / 4;
    above.splice(depth, above.length, path);
    paths.push(above.join(""));
  }
  return [...new Set(paths)].map((path) =>
    path
      .replaceAll(/:([a-z]+)/g, "{$1}")
      .replace(/\/?\*$/, path.startsWith("/console") ? "/{page}" : "/{model}"),
  );
}

describe("the OpenAPI document", () => {
  let app: FastifyInstance;
  let described: DescribedApi;
  let text: string;

  beforeAll(async () => {
    app = await appOfAllRoutes();
    const response = await ask(app, "/openapi.json");
    expect(response.statusCode).toBe(200);
    text = response.body;
    described = new DescribedApi(JSON.parse(text));
  });
  afterAll(() => app?.close());

  it("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(text));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe("3.1");
  });

  it("is refused by that validator if it is not", async () => {
    const wrong = {
      ...JSON.parse(text),
      paths: { "/x": { get: { responses: { 200: { description: 1 } } } } },
    };
    expect((await new Validator().validate(wrong)).valid).toBe(false);
  });

  it("describes every route that there is, and no other", async () => {
    const paths = pathsOf(app);
    expect(paths.length).toBeGreaterThan(40);
    const answered: string[] = [];
    for (const path of paths)
      for (const method of METHODS) {
        const url = path.replaceAll(/\{[a-z]+\}/g, "x");
        const { statusCode } = await ask(app, url, { method, headers: { authorization: `Bearer ${KEY}` } });
        if (statusCode !== 405) answered.push(`${method} ${path}`);
      }
    const told = described.operations().map(({ method, path }) => `${method} ${path}`);
    expect(told.sort()).toEqual(answered.sort());
  });

  it("has a name, a tag and schemas of its own for each route", () => {
    const all = described.operations().map(({ operation }) => operation);
    expect(new Set(all.map(({ operationId }) => operationId)).size).toBe(all.length);
    const tags = described.document.tags.map(({ name }) => name);
    for (const { tags: own } of all) expect(tags).toEqual(expect.arrayContaining([...own]));
    const used = new Set([...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(described.document.components.schemas).sort());
  });

  it("has an example of each request, which its own schema takes", () => {
    const withBody = described.operations().filter(({ operation }) => operation.requestBody !== undefined);
    expect(withBody.length).toBeGreaterThan(15);
    for (const { method, path, operation } of withBody) {
      const example = operation.requestBody?.content["application/json"]?.examples?.["typical"]?.value;
      expect([path, described.faultOfBody(method, path, example)]).toEqual([path, undefined]);
    }
  });

  it("asks for credentials where the api does", async () => {
    for (const { method, path, operation } of described.operations()) {
      const url = path.replaceAll(/\{[a-z]+\}/g, "x");
      const { statusCode } = await ask(app, url, { method });
      expect([method, path, statusCode === 401]).toEqual([method, path, operation.security.length > 0]);
    }
  });

  it("is told to everybody, and not again to whom has it", async () => {
    const first = await ask(app, "/openapi.json");
    expect(first.headers["content-type"]).toBe("application/json; charset=utf-8");
    const etag = String(first.headers["etag"]);
    for (const tag of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
      const again = await ask(app, "/openapi.json", { headers: { "if-none-match": tag } });
      expect([again.statusCode, again.body, again.headers["etag"]]).toEqual([304, "", etag]);
    }
    const other = await ask(app, "/openapi.json", { headers: { "if-none-match": '"x"' } });
    expect([other.statusCode, other.body]).toEqual([200, text]);
  });

  it("has no host in it but the server's own", () => {
    expect([...text.matchAll(/https?:\/\/[^\s"`)]+/g)]).toEqual([]);
  });
});

describe("the page of the document", () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = await appOfAllRoutes();
  });
  afterAll(() => app?.close());

  it.each([
    ["/docs", "text/html"],
    ["/docs/page.js", "text/javascript"],
    ["/docs/page.css", "text/css"],
  ])("%s is served, and may load nothing from elsewhere", async (url, type) => {
    const { statusCode, headers, body } = await ask(app, url);
    expect(statusCode).toBe(200);
    expect(headers["content-type"]).toBe(`${type}; charset=utf-8`);
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect([headers["x-content-type-options"], headers["referrer-policy"]]).toEqual([
      "nosniff",
      "no-referrer",
    ]);
    expect(body).not.toMatch(/https?:|\bstyle=|\bon[a-z]+=|innerHTML|<style|<script>/);
  });

  it("the .proto files are served as they are, and others are not", async () => {
    const { statusCode, headers, body } = await ask(app, "/proto/flock/public/v1/inference.proto");
    expect([statusCode, headers["content-type"]]).toEqual([200, "text/plain; charset=utf-8"]);
    expect(body).toContain("service Inference {");
    for (const name of ["x.proto", "..%2f..%2f..%2fpackage.json", "constructor"])
      expect((await ask(app, `/proto/flock/public/v1/${name}`)).statusCode).toBe(404);
  });
});
