import { microLlama, ZERO } from "@flock/money";
import { DEFAULT_PARAMETERS } from "@flock/parameters";
import { eventually } from "@flock/provision/testing";
import { AccountTiers } from "../src/tiers/account-tiers.js";
import { StakeView } from "../src/tiers/stake-view.js";
import { post } from "./clients.js";
import { startTestApi, type TestApi } from "./start-test-api.js";

/** An api whose one account, alice, has a stake. */
function apiWithStake(stake: bigint): Promise<TestApi> {
  const stakes = new StakeView({ read: async () => ZERO, ttlMs: 600_000, entriesMax: 10 });
  stakes.learn("alice", microLlama(stake));
  return startTestApi({ admission: new AccountTiers(stakes, { current: DEFAULT_PARAMETERS }) });
}

const chat = (text: string, stream = false) => ({
  model: "flock-tiny",
  messages: [{ role: "user", content: text }],
  stream,
});

describe("tiers at the api", () => {
  let api: TestApi;
  afterEach(async () => api?.stop());

  it("tell the router the level of the account's stake", async () => {
    api = await apiWithStake(DEFAULT_PARAMETERS.values.tier2StakeMinMicro);
    await (await post(api, "/api/chat", chat("hello"))).text();
    expect(api.requester.lastJob.spec.tier).toBe(2);
  });

  it("refuse one request too many at once with 429, in Ollama's words, and free a place at its end", async () => {
    api = await apiWithStake(0n);
    const waiting: (() => void)[] = [];
    api.requester.onJob = (job) => void waiting.push(() => job.end());
    const running = Array.from({ length: 4 }, () => post(api, "/api/chat", chat("wait")));
    await eventually("four run", () => waiting.length === 4);
    for (const stream of [false, true]) {
      const refused = await post(api, "/api/chat", chat("one more", stream));
      expect(refused.status).toBe(429);
      expect(refused.headers.get("retry-after")).toBe("1");
      expect(await refused.json()).toEqual({
        error: "too many requests at once: 4 of this account may run, and do",
      });
    }
    waiting[0]?.();
    await (await running[0])?.text();
    const next = post(api, "/api/chat", chat("now"));
    await eventually("the next one runs", () => waiting.length === 5);
    for (const end of waiting) end();
    expect((await next).status).toBe(200);
    for (const answer of running.slice(1)) await (await answer).text();
  });

  it("give the place of a client that goes away to the next one", async () => {
    api = await apiWithStake(0n);
    api.requester.onJob = () => {};
    const gone = new AbortController();
    for (let request = 0; request < 4; request += 1)
      post(api, "/api/chat", chat("wait"), { signal: gone.signal }).catch(() => {});
    await eventually("four run", () => api.requester.jobs.length === 4);
    gone.abort();
    await eventually("they have ended", () => api.requester.jobs.every(({ isEnded }) => isEnded));
    api.requester.onJob = (job) => job.end();
    expect((await post(api, "/api/chat", chat("hello"))).status).toBe(200);
  });

  it("refuse what is more than sixty requests in a minute, and say when the next one may come", async () => {
    api = await apiWithStake(0n);
    const startedMs = performance.now();
    const answers: Response[] = [];
    // Four at once, as many as may run: on a slow machine, too, far more than one a second.
    while (answers.filter(({ status }) => status === 429).length === 0) {
      const four = await Promise.all([1, 2, 3, 4].map(() => post(api, "/api/chat", chat("a"))));
      answers.push(...four);
      await Promise.all(four.filter(({ status }) => status === 200).map((answer) => answer.text()));
    }
    const served = answers.filter(({ status }) => status === 200).length;
    const refilled = Math.ceil((performance.now() - startedMs) / 1_000);
    expect(served).toBeGreaterThanOrEqual(60);
    expect(served).toBeLessThanOrEqual(60 + refilled);
    const refused = answers.find(({ status }) => status === 429);
    expect(await refused?.json()).toEqual({
      error: "too many requests: this account may begin 60 per minute",
    });
    expect(Number(refused?.headers.get("retry-after-ms"))).toBeLessThanOrEqual(1_000);
    expect(
      (await fetch(`${api.baseUrl}/api/tags`, { headers: { authorization: `Bearer ${api.apiKey}` } })).status,
    ).toBe(200);
  });
});
