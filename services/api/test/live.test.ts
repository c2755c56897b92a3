import { HardwareClass } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { ApiUnderTest } from "./api-under-test.js";
import { LiveClient } from "./live-client.js";
import { MoneyApi } from "./money-api.js";
import { offer } from "./offered-model.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { tellLoad } from "./told-load.js";

const model = PLAIN_MODEL.name;

describe("the live feed", () => {
  let money: MoneyApi;
  let token: string;
  const clients: LiveClient[] = [];
  const open = async (api: 0 | 1 = 0, lastEventId?: number): Promise<LiveClient> => {
    const client = await LiveClient.open(money.apis[api].baseUrl, lastEventId);
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    const all = { API_GROUP_MIN: "1" };
    money = await MoneyApi.start([
      { ...all, API_LIVE_CONNECTIONS_PER_CLIENT_MAX: "2" },
      { ...all, API_LIVE_CONNECTIONS_MAX: "3" },
    ]);
    ({ token } = await money.signIn());
    await offer(money.mesh, PLAIN_MODEL);
  }, 120_000);
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });
  afterAll(async () => money?.stop());

  it("has no frames as long as no router is heard, then one a second, the same at every api", async () => {
    const [here, there] = [await open(0), await open(1)];
    expect(here.response.headers.get("content-type")).toBe("text/event-stream");
    expect(here.response.headers.get("x-request-id")).toBeTruthy();
    await eventually("the connection is open", () => here.text === "retry: 2000\n\n");
    expect((await money.ask("GET", "/network")).body.live).toBeNull();
    const running = [{ hardware: HardwareClass.UNSPECIFIED, jobs: 1 }];
    const hush = tellLoad(money.mesh, [{ model, waiting: 2, running }]);
    await eventually("three frames are here", () => here.frames.length >= 3 && there.frames.length >= 3);
    const counts = { workers: 1, slots: 1, busy: 1, draining: 0, waiting: 2, tokens: 0, jobs: 0 };
    const [frame] = here.frames.slice(-1);
    expect(frame?.data).toEqual({
      ...{ at: expect.any(String), seq: frame?.id, totals: counts, other: null },
      models: [{ name: model, ...counts }],
    });
    const ids = here.frames.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(there.frames.at(-1)?.data.models).toEqual(frame?.data.models);
    expect((await money.ask("GET", "/network")).body.live).toMatchObject({
      ...{ group_min: 1, workers: 1, slots: { all: 1, busy: 1 }, waiting: 2, rejected_while_idle: 0 },
      hardware: [{ class: "other", workers: 1, slots: 1, busy: 1 }],
    });
    hush();
  });

  it("sends whoever comes back what it has missed, and whoever comes anew the last frames", async () => {
    const hush = tellLoad(money.mesh, []);
    const first = await open();
    await eventually("some frames are here", () => first.frames.length >= 3);
    const ids = first.frames.map(({ id }) => id);
    await first.close();
    const again = await open(0, ids[1]);
    await eventually("what it missed is here", () => again.frames.length > 0);
    expect(again.frames[0]?.id).toBe(ids[2]);
    const anew = await open(0);
    await eventually("the last frames are here", () => anew.frames.length > 0);
    expect(anew.frames[0]?.id).toBeLessThanOrEqual(ids[0] ?? 0);
    hush();
  });

  it("has the tokens and answers that any api gives to clients, at each api", async () => {
    const hush = tellLoad(money.mesh, []);
    const there = await open(1);
    const { body: key } = await money.ask("POST", "/keys", { token });
    money.apis[0].requester.onJob = (job) => {
      for (const word of ["a", "b", "c"]) job.chunk(word, { tokens: 2 });
      job.end();
    };
    for (let request = 0; request < 4; request++) {
      const answer = await fetch(`${money.apis[0].baseUrl}/api/generate`, {
        method: "POST",
        headers: { authorization: `Bearer ${key.api_key}` },
        body: JSON.stringify({ model, prompt: "x" }),
      });
      await answer.text();
    }
    const sum = (of: "tokens" | "jobs") => there.frames.reduce((all, { data }) => all + data.totals[of], 0);
    await eventually("all of it is told", () => sum("jobs") === 4);
    expect(sum("tokens")).toBe(24);
    const { live } = (await money.ask("GET", "/network", { api: 1 })).body;
    expect([live.jobs_per_minute, live.tokens_per_second]).toEqual([4, expect.any(Number)]);
    hush();
  });

  it("refuses a client that follows too often, and everybody when too many follow", async () => {
    await Promise.all([open(0), open(0)]);
    const refused = await fetch(`${money.apis[0].baseUrl}/flock/v1/live`);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(await refused.json()).toMatchObject({
      error: {
        code: "resource_exhausted",
        message: "your address follows the live feed 2 times already",
        retry_after_ms: 30_000,
      },
    });
    await Promise.all([open(1), open(1), open(1)]);
    const full = await money.ask("GET", "/live", { api: 1 });
    expect([full.status, full.body.error.code]).toEqual([503, "unavailable"]);
    const metrics = await money.apis[1].metrics();
    expect(metrics).toMatch(/api_live_refused_total\{[^}]*limit="all"[^}]*\} 1/);
    expect(metrics).toMatch(/api_live_listeners(\{[^}]*\})? 3/);
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await eventually("there is room again", async () => {
      const client = await open(0);
      return client.response.status === 200;
    });
  });

  it("ends when the api does, and does not hold it up", async () => {
    const api = await ApiUnderTest.start(money.nats.url, money.databaseUrl);
    const client = await LiveClient.open(api.baseUrl);
    await eventually("the connection is open", () => client.text !== "");
    await api.stop();
    expect(await client.ended).toBe(true);
  });
});
