import { FlockError } from "@flock/errors";
import { jetstreamOf, type Mesh, openBucket } from "@flock/mesh";
import { BUCKETS, EVENTS, encode, modelToken } from "@flock/proto";
import { CatalogueEntry } from "@flock/proto/catalogue";
import { InferenceCompleted, InferenceFailed } from "@flock/proto/events";
import { eventually } from "@flock/provision/testing";
import type { FakeJob } from "./fake-requester.js";
import { MoneyApi } from "./money-api.js";
import { PLAIN_MODEL } from "./start-test-api.js";

/** 2026-11-30, noon: the last day of its month. */
const NOON = Date.UTC(2026, 10, 30, 12);
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Of the chat below: its bytes and what a template may add, at 1 µLLAMA; an answer's token costs 2. */
const PROMPT_BOUND = 47 + 64;

describe("limits of a key, over two apis", () => {
  let money: MoneyApi;
  let unixMs = NOON;
  let published = 0;

  beforeAll(async () => {
    money = await MoneyApi.start([{}, {}], { nowMs: () => performance.now(), unixMs: () => unixMs });
    const models = await openBucket(money.mesh, BUCKETS.models);
    await models.put(modelToken(PLAIN_MODEL.name), encode(CatalogueEntry, PLAIN_MODEL));
    const { apiKey } = await keyOf({});
    const isKnown = async (api: 0 | 1) => (await chat(apiKey, api)).status === 200;
    await eventually("both know the model", async () => (await isKnown(0)) && (await isKnown(1)));
  }, 120_000);
  afterAll(async () => money?.stop());
  afterEach(() => {
    unixMs = NOON;
    for (const job of jobs()) job.end();
  });
  beforeEach(() => {
    for (const { requester } of money.apis) {
      requester.jobs.length = 0;
      requester.onJob = (job) => job.end({ promptTokens: 10, completionTokens: 5 });
    }
  });

  async function keyOf(body: object) {
    const { token, wallet } = await money.signIn();
    const made = await money.ask("POST", "/keys", { token, body });
    expect(made.status).toBe(200);
    return { token, accountId: wallet.id, id: made.body.id as string, apiKey: made.body.api_key as string };
  }

  function chat(apiKey: string, api: 0 | 1, tokens = 100, signal?: AbortSignal): Promise<Response> {
    const messages = [{ role: "user", content: "hello" }];
    return fetch(`${money.apis[api].baseUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: PLAIN_MODEL.name, messages, max_tokens: tokens }),
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** So many times six at once, three at each api: no more than the account's tier lets run. */
  async function inWaves(apiKey: string, waves: number): Promise<Response[]> {
    const answers: Response[] = [];
    for (let wave = 0; wave < waves; wave++)
      answers.push(...(await Promise.all(([0, 1, 0, 1, 0, 1] as const).map((api) => chat(apiKey, api)))));
    return answers;
  }

  const jobs = (): FakeJob[] => money.apis.flatMap(({ requester }) => requester.jobs);

  function publish(mesh: Mesh, subject: string, bytes: Uint8Array) {
    published += 1;
    return jetstreamOf(mesh).publish(subject, bytes, { msgID: `limits-${published}` });
  }

  /** What the requester would tell of a job that took so many tokens of each sort. */
  function settle({ spec }: FakeJob, promptTokens: number, completionTokens: number) {
    const { jobId, accountId, keyId, model, promptPriceMicro, completionPriceMicro } = spec;
    const job = { jobId, accountId, keyId: keyId ?? "", model, workerId: "worker", finishedUnixMs: unixMs };
    const charge = { promptTokens, completionTokens, promptPriceMicro, completionPriceMicro };
    const event = InferenceCompleted.fromPartial({
      version: 1,
      requesterId: "api-1",
      jobs: [{ ...job, ...charge }],
    });
    return publish(money.mesh, EVENTS.inferenceCompleted, encode(InferenceCompleted, event));
  }

  /** Asks again until what has just been told has arrived. */
  async function untilStatus(apiKey: string, status: number, tokens: number): Promise<void> {
    await eventually(`status ${status}`, async () => (await chat(apiKey, 0, tokens)).status === status);
  }

  it("a budget is never exceeded by what is reserved, however many ask both apis at once", async () => {
    const most = PROMPT_BOUND + 2 * 100;
    const { apiKey } = await keyOf({ budget_day_micro: String(10 * most) });
    const answers = await inWaves(apiKey, 5);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    const refused = answers.find(({ status }) => status === 402);
    expect(await refused?.json()).toMatchObject({
      error: {
        code: "insufficient_quota",
        message:
          "the budget of this API key for this day does not suffice: 0.00311 of 0.00311 LLAMA are spent or " +
          "reserved by running requests, and this request needs at least 0.000113; it is new at 2026-12-01T00:00:00.000Z",
      },
    });
  });

  it("a budget that does not suffice for the whole answer makes it shorter", async () => {
    const { apiKey } = await keyOf({ budget_month_micro: String(PROMPT_BOUND + 2 * 7) });
    money.apis[0].requester.onJob = (job) => {
      for (let token = 0; token < 20; token++) job.chunk("a");
    };
    const answer = await (await chat(apiKey, 0)).json();
    expect(answer).toMatchObject({
      usage: { completion_tokens: 7 },
      choices: [{ finish_reason: "length" }],
    });
  });

  it("what was charged takes the place of what was reserved, and a day's budget is new on the next day", async () => {
    const { apiKey } = await keyOf({ budget_day_micro: "700" });
    expect((await chat(apiKey, 0, 300)).status).toBe(200);
    expect((await chat(apiKey, 1, 300)).status).toBe(402);
    const [first] = jobs();
    if (first === undefined) throw new Error("no job");
    await settle(first, 20, 10);
    // 40 are charged: of 700, enough is left for two.
    await untilStatus(apiKey, 200, 100);
    expect((await chat(apiKey, 1, 100)).status).toBe(200);
    expect((await chat(apiKey, 1, 100)).status).toBe(402);
    unixMs += DAY_MS;
    try {
      expect((await chat(apiKey, 1, 100)).status).toBe(200);
    } finally {
      unixMs = NOON;
    }
  });

  it("what was reserved for a job that failed is free again, and so is that of an api that died", async () => {
    const { apiKey } = await keyOf({ budget_day_micro: String(PROMPT_BOUND + 2) });
    expect((await chat(apiKey, 0, 1)).status).toBe(200);
    expect((await chat(apiKey, 1, 1)).status).toBe(402);
    const [job] = jobs();
    const failed = { jobId: job?.spec.jobId ?? "", accountId: "x", code: "aborted" };
    const event = InferenceFailed.fromPartial({ version: 1, requesterId: "api-1", jobs: [failed] });
    await publish(money.mesh, EVENTS.inferenceFailed, encode(InferenceFailed, event));
    await untilStatus(apiKey, 200, 1);
    expect((await chat(apiKey, 1, 1)).status).toBe(402);
    unixMs += 11 * MINUTE_MS;
    expect((await chat(apiKey, 1, 1)).status).toBe(200);
    unixMs = NOON;
  });

  it("so many requests begin in a minute as may, over both apis, and the headers count them", async () => {
    const { apiKey } = await keyOf({ requests_per_minute: 20 });
    unixMs = NOON + 15_000;
    const first = await chat(apiKey, 0);
    expect(Object.fromEntries([...first.headers].filter(([name]) => name.includes("ratelimit")))).toEqual({
      "ratelimit-limit": "20",
      "ratelimit-remaining": "19",
      "ratelimit-reset": "45",
      "x-ratelimit-limit-requests": "20",
      "x-ratelimit-remaining-requests": "19",
      "x-ratelimit-reset-requests": "45s",
    });
    const answers = await inWaves(apiKey, 5);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.headers.get("retry-after")).toBe("45");
    expect(refused?.headers.get("ratelimit-remaining")).toBe("0");
    expect(await refused?.json()).toMatchObject({
      error: {
        code: "rate_limit_exceeded",
        message: "too many requests: this API key may begin 20 per minute",
      },
    });
    unixMs = NOON + MINUTE_MS;
    expect((await chat(apiKey, 1)).status).toBe(200);
    unixMs = NOON;
  });

  it("headers are the standard ones alone in Ollama's dialect, also of a stream", async () => {
    const { apiKey } = await keyOf({ requests_per_minute: 20 });
    const answer = await fetch(`${money.apis[0].baseUrl}/api/generate`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}` },
      body: JSON.stringify({ model: PLAIN_MODEL.name, prompt: "hello" }),
    });
    expect(answer.headers.get("ratelimit-limit")).toBe("20");
    expect(answer.headers.get("x-ratelimit-limit-requests")).toBeNull();
    await answer.text();
  });

  it("headers have Anthropic's names, too, in its dialect, with the moment of the next minute", async () => {
    const { apiKey } = await keyOf({ requests_per_minute: 20, tokens_per_minute: 1_000 });
    unixMs = NOON + 15_250;
    const nextMinute = new Date(NOON + MINUTE_MS).toISOString().replace(".000Z", "Z");
    const { headers } = await fetch(`${money.apis[0].baseUrl}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": apiKey },
      body: JSON.stringify({
        model: PLAIN_MODEL.name,
        max_tokens: 100,
        messages: [{ role: "user", content: "hello" }],
      }),
    });
    unixMs = NOON;
    const told = [...headers].filter(([name]) => name.includes("ratelimit"));
    expect(Object.fromEntries(told)).toEqual({
      "ratelimit-limit": "20",
      "ratelimit-remaining": "19",
      "ratelimit-reset": "45",
      "anthropic-ratelimit-requests-limit": "20",
      "anthropic-ratelimit-requests-remaining": "19",
      "anthropic-ratelimit-requests-reset": nextMinute,
      "anthropic-ratelimit-tokens-limit": "1000",
      "anthropic-ratelimit-tokens-remaining": expect.stringMatching(/^[0-9]{3}$/),
      "anthropic-ratelimit-tokens-reset": nextMinute,
    });
  });

  it("tokens of a minute are counted as they may be, and then as they were", async () => {
    const { apiKey } = await keyOf({ tokens_per_minute: 450 });
    const running: FakeJob[] = [];
    for (const { requester } of money.apis) requester.onJob = (job) => void running.push(job);
    const [one, two] = [chat(apiKey, 0), chat(apiKey, 1)];
    await eventually("both run", () => running.length === 2);
    const refused = await chat(apiKey, 0);
    expect(refused.status).toBe(429);
    expect(refused.headers.get("x-ratelimit-remaining-tokens")).toBe(String(450 - 2 * (PROMPT_BOUND + 100)));
    for (const job of running) job.end({ promptTokens: 10, completionTokens: 5 });
    expect([(await one).status, (await two).status]).toEqual([200, 200]);
    for (const { requester } of money.apis) requester.onJob = (job) => job.end();
    await untilStatus(apiKey, 200, 100);
  });

  it("an answer is no longer than a minute's tokens leave room for", async () => {
    const { apiKey } = await keyOf({ tokens_per_minute: 150 });
    expect((await chat(apiKey, 0, 4_000)).status).toBe(200);
    expect(jobs()[0]?.spec.completionTokensMax).toBe(150 - PROMPT_BOUND);
  });

  it("so many requests run at once as may, over both apis, and one that ends makes room", async () => {
    const { apiKey } = await keyOf({ streams_max: 3 });
    const running: FakeJob[] = [];
    for (const { requester } of money.apis) requester.onJob = (job) => void running.push(job);
    const gone = new AbortController();
    const begun = [chat(apiKey, 0), chat(apiKey, 1), chat(apiKey, 0, 100, gone.signal)];
    begun[2]?.catch(() => {});
    await eventually("three run", () => running.length === 3);
    expect((await chat(apiKey, 1)).status).toBe(429);
    gone.abort();
    for (const { requester } of money.apis) requester.onJob = (job) => job.end();
    await untilStatus(apiKey, 200, 100);
    for (const job of running) job.end();
    expect([(await begun[0])?.status, (await begun[1])?.status]).toEqual([200, 200]);
  });

  it("a model that no worker is there for counts for nothing, and the next one of its request counts once", async () => {
    // Of each as much as one request takes.
    const budget = { budget_day_micro: String(PROMPT_BOUND + 2) };
    const { apiKey } = await keyOf({ requests_per_minute: 2, streams_max: 1, ...budget });
    const [{ requester }] = money.apis;
    requester.isUnplaced = () => {
      requester.isUnplaced = () => undefined;
      return new FlockError("unavailable", "no worker is there");
    };
    const answer = await fetch(`${money.apis[0].baseUrl}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${apiKey}`, "x-flock-fallback-models": PLAIN_MODEL.name },
      body: JSON.stringify({
        model: PLAIN_MODEL.name,
        messages: [{ role: "user", content: "hello" }],
        max_tokens: 1,
      }),
    });
    expect([answer.status, answer.headers.get("ratelimit-remaining")]).toEqual([200, "1"]);
    expect(jobs()).toHaveLength(2);
  });

  it("a key that was revoked a moment ago gets nothing, whatever an api remembers", async () => {
    const { apiKey, id, token } = await keyOf({ streams_max: 3 });
    expect((await chat(apiKey, 0)).status).toBe(200);
    await money.ask("DELETE", `/keys/${id}`, { token, api: 1 });
    expect((await chat(apiKey, 0)).status).toBe(401);
  });
});
