import { FlockError } from "@flock/errors";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { Checking } from "@flock/proto/events";
import { eventually } from "@flock/provision/testing";
import { post } from "./clients.js";
import { answerWithEcho } from "./fake-requester.js";
import { ABLE_MODEL, PLAIN_MODEL, startTestApi, TEST_ALIASES, type TestApi } from "./start-test-api.js";

const DEAR_MODEL = CatalogueEntry.fromPartial({
  ...PLAIN_MODEL,
  name: "dear:70b",
  digest: "c".repeat(64),
  promptPriceMicro: 25n,
  completionPriceMicro: 75n,
});
const dear = DEAR_MODEL.name;
const plain = "flock-tiny";
const messages = [{ role: "user", content: "one two" }];

type Told = Record<string, unknown>;
interface Way {
  readonly path: string;
  readonly body: object;
  /** The message of an error. */
  readonly errorOf: (told: Told) => unknown;
}

const nested = ({ error }: Told): unknown => (error as Told)["message"];
/** Each way to have a model answer. */
const WAYS: readonly Way[] = [
  { path: "/api/chat", body: { messages, stream: false }, errorOf: ({ error }) => error },
  { path: "/api/generate", body: { prompt: "one two", stream: false }, errorOf: ({ error }) => error },
  { path: "/api/embed", body: { input: "one two" }, errorOf: ({ error }) => error },
  { path: "/v1/chat/completions", body: { messages }, errorOf: nested },
  { path: "/v1/completions", body: { prompt: "one two" }, errorOf: nested },
  { path: "/v1/embeddings", body: { input: "one two" }, errorOf: nested },
  { path: "/v1/responses", body: { input: "one two" }, errorOf: nested },
  { path: "/v1/messages", body: { messages, max_tokens: 10 }, errorOf: nested },
];

describe("preferences of a request", () => {
  let api: TestApi;
  let holds = 0;
  beforeAll(async () => {
    api = await startTestApi({
      models: [PLAIN_MODEL, ABLE_MODEL, DEAR_MODEL],
      holds: {
        hold: async ({ bounds }) => {
          holds += 1;
          return bounds;
        },
      },
    });
  });
  afterAll(() => api.stop());
  beforeEach(() => {
    holds = 0;
    api.requester.jobs.length = 0;
    api.requester.isUnplaced = () => undefined;
    api.requester.onJob = answerWithEcho;
  });

  function ask({ path, body }: Way, model: string, preferences: Record<string, string>): Promise<Response> {
    const headers = { authorization: `Bearer ${api.apiKey}`, ...preferences };
    return post(api, path, { ...body, model }, { headers });
  }

  const [chat] = WAYS as [Way];
  const models = () => api.requester.jobs.map(({ spec }) => spec.model);
  const noWorkerFor = (model: string) => {
    const error = new FlockError("unavailable", `no worker serves model '${model}'`, {
      retry: { afterMs: 5_000 },
    });
    api.requester.isUnplaced = (spec) => (spec.model === model ? error : undefined);
  };

  describe.each(WAYS)("at $path", (way) => {
    it("that are none are refused by the header's name", async () => {
      const response = await ask(way, plain, { "x-flock-max-price": "cheap" });
      expect(response.status).toBe(400);
      expect(way.errorOf((await response.json()) as Told)).toBe('"x-flock-max-price" must be a whole number');
    });

    it("refuse a model that is dearer, before anything is held", async () => {
      const response = await ask(way, dear, { "x-flock-max-price": "3" });
      expect(response.status).toBe(400);
      expect(way.errorOf((await response.json()) as Told)).toMatch(
        /^model 'dear:70b' costs 25 µLLAMA per prompt token and \d+ µLLAMA per completion token, and no token is/,
      );
      expect([api.requester.jobs.length, holds]).toEqual([0, 0]);
    });

    it("are told to the requester: sealed prompts", async () => {
      const sealed = await ask(way, plain, { "x-flock-min-privacy": "sealed-to-worker" });
      expect([sealed.status, sealed.headers.get("x-flock-privacy")]).toEqual([200, "sealed-to-worker"]);
      expect(api.requester.jobs.at(-1)?.spec.privacyMin).toBe("sealed-to-worker");
    });

    it.each([
      ["never", Checking.NEVER],
      ["sampled", Checking.UNSPECIFIED],
      ["always", Checking.ALWAYS],
    ])("are told to the requester: checked %s", async (checking, expected) => {
      expect((await ask(way, plain, { "x-flock-checking": checking })).status).toBe(200);
      expect(api.requester.jobs.at(-1)?.spec.checking).toBe(expected);
    });

    it("refuse what the network cannot give: checked models", async () => {
      const checked = await ask(way, plain, { "x-flock-checked-only": "true" });
      expect([checked.status, way.errorOf((await checked.json()) as Told)]).toEqual([
        400,
        "model 'flock-tiny' is none whose answers a verifier checks",
      ]);
    });

    it("have another model answer, and the answer says which one, as it was asked for", async () => {
      const response = await ask(way, dear, {
        "x-flock-max-price": "3",
        "x-flock-fallback-models": "nobody-has-it, Flock-Tiny",
      });
      const told = (await response.json()) as Told;
      expect([response.status, response.headers.get("x-flock-model")]).toEqual([200, PLAIN_MODEL.name]);
      expect(told["model"]).toBe("Flock-Tiny");
      expect(models()).toEqual([PLAIN_MODEL.name]);
    });

    it("have another model answer when no worker is there, with one hold and under one request id", async () => {
      noWorkerFor(dear);
      const response = await ask(way, dear, { "x-flock-fallback-models": plain });
      const told = (await response.json()) as Told;
      expect([response.status, told["model"], holds]).toEqual([200, plain, 1]);
      expect([models(), response.headers.get("x-flock-model")]).toEqual([
        [dear, PLAIN_MODEL.name],
        PLAIN_MODEL.name,
      ]);
      const [first, second] = api.requester.jobs;
      expect(first?.spec.jobId).toBe(response.headers.get("x-request-id"));
      expect(second?.spec.jobId).not.toBe(first?.spec.jobId);
    });
  });

  it("have a streamed answer say which model it is of, from its first line and in its head", async () => {
    noWorkerFor(dear);
    const streamed = { ...chat, body: { messages, stream: true } };
    const response = await ask(streamed, dear, { "x-flock-fallback-models": plain });
    const lines = (await response.text()).trim().split("\n");
    expect(response.headers.get("x-flock-model")).toBe(PLAIN_MODEL.name);
    expect(new Set(lines.map((line) => (JSON.parse(line) as Told)["model"]))).toEqual(new Set([plain]));
  });

  it("are answered with the model's name also where nothing was preferred", async () => {
    const response = await ask(chat, plain, {});
    await response.text();
    expect(response.headers.get("x-flock-model")).toBe(PLAIN_MODEL.name);
  });

  it("leave out what a model cannot do, and refuse with all reasons when none is left", async () => {
    const tools = [{ type: "function", function: { name: "f", parameters: {} } }];
    const withTools = { ...chat, body: { messages, tools, stream: false } };
    const able = await ask(withTools, plain, { "x-flock-fallback-models": ABLE_MODEL.name });
    expect([able.status, models()]).toEqual([200, [ABLE_MODEL.name]]);
    noWorkerFor(ABLE_MODEL.name);
    const none = await ask(withTools, plain, { "x-flock-fallback-models": `${ABLE_MODEL.name}, ${dear}` });
    expect([none.status, none.headers.get("retry-after"), await none.json()]).toEqual([
      503,
      "5",
      {
        error:
          "none of the models can answer: flock-tiny does not support tools; " +
          "no worker serves model 'able:7b'; dear:70b does not support tools",
      },
    ]);
    expect([none.headers.get("x-flock-model"), holds]).toEqual([null, 1]);
  });

  it("try nothing else once a worker has had the job", async () => {
    api.requester.onJob = (job) => job.fail(new FlockError("unavailable", "the last worker has gone"));
    const response = await ask(chat, dear, { "x-flock-fallback-models": plain });
    expect([response.status, models()]).toEqual([503, [dear]]);
  });

  it("end with the client: what it hung up on is not tried with another model", async () => {
    api.requester.onJob = () => {};
    const leaving = new AbortController();
    const headers = { authorization: `Bearer ${api.apiKey}`, "x-flock-fallback-models": plain };
    const answer = post(api, chat.path, { ...chat.body, model: dear }, { headers, signal: leaving.signal });
    await eventually("it runs", () => api.requester.jobs.length === 1);
    leaving.abort();
    await expect(answer).rejects.toThrow("abort");
    await eventually("it is cancelled", () => api.requester.lastJob.cancelledMs !== undefined);
    expect(models()).toEqual([dear]);
  });

  it("name workers by the account's own aliases, and have no effect where there is no such worker", async () => {
    const alias = TEST_ALIASES.aliasOf("alice", "worker");
    const gone = TEST_ALIASES.aliasOf("alice", "gone");
    const specOf = async (preferences: Record<string, string>) => {
      await (await ask(chat, plain, preferences)).text();
      return api.requester.lastJob.spec;
    };
    const excluding = await specOf({ "x-flock-exclude-workers": `${gone}, ${alias}` });
    expect([excluding.excludedWorkerIds, excluding.preferredWorkerId]).toEqual([["worker"], undefined]);
    // One that is not there now, and comes later, does not get it either.
    expect(["worker", "gone", "other"].map((id) => excluding.acceptsWorker?.(id))).toEqual([
      ...[false, false, true],
    ]);
    expect(await specOf({ "x-flock-prefer-worker": alias })).toMatchObject({ preferredWorkerId: "worker" });
    expect((await specOf({ "x-flock-prefer-worker": gone })).preferredWorkerId).toBeUndefined();
    const bobs = TEST_ALIASES.aliasOf("bob", "worker");
    expect((await specOf({ "x-flock-prefer-worker": bobs })).preferredWorkerId).toBeUndefined();
  });

  it("bound the wait of all models together", async () => {
    noWorkerFor(dear);
    await (await ask(chat, dear, { "x-flock-max-queue-ms": "500", "x-flock-fallback-models": plain })).text();
    const [first, second] = api.requester.jobs.map(({ spec }) => spec.queueMaxMs ?? Number.NaN);
    expect(first).toBeLessThanOrEqual(500);
    expect(second).toBeLessThanOrEqual(first ?? 0);
  });

  it("are nothing to whoever shows no key: that is told first", async () => {
    const headers = { "x-flock-max-price": "cheap" };
    expect((await post(api, chat.path, { ...chat.body, model: plain }, { headers })).status).toBe(401);
  });
});

describe("a page that may call the api", () => {
  it("may say what it prefers, and read which model answered", async () => {
    const api = await startTestApi({ corsOrigins: ["https://app.example"] });
    const asked = "x-flock-fallback-models,x-flock-max-price";
    const preflight = await fetch(`${api.baseUrl}/api/chat`, {
      method: "OPTIONS",
      headers: {
        origin: "https://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": asked,
      },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toBe(asked);
    const answer = await post(
      api,
      "/api/chat",
      { model: plain, messages },
      {
        headers: { authorization: `Bearer ${api.apiKey}`, origin: "https://app.example" },
      },
    );
    await answer.text();
    expect(answer.headers.get("access-control-expose-headers")).toContain("x-flock-model");
    await api.stop();
  });
});
