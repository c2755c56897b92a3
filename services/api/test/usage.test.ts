import { randomUUID } from "node:crypto";
import { jetstreamOf, manager } from "@flock/mesh";
import { EVENTS, encode, STREAMS } from "@flock/proto";
import { InferenceCompleted } from "@flock/proto/events";
import { eventually } from "@flock/provision/testing";
import pg from "pg";
import { ApiUnderTest } from "./api-under-test.js";
import { MoneyApi } from "./money-api.js";

const DAY_MS = 86_400_000;
/** 2026-11-22, noon. */
const NOON = Date.UTC(2026, 10, 22, 12);

interface Job {
  readonly keyId: string;
  readonly accountId: string;
  readonly model?: string;
  readonly finishedUnixMs?: number;
  readonly tokens?: number;
  readonly heldMicro?: bigint;
  readonly isFree?: boolean;
  readonly promptPriceMicro?: bigint;
  readonly completionPriceMicro?: bigint;
}

describe("usage of keys", () => {
  let money: MoneyApi;
  let published = 0;

  beforeAll(async () => {
    money = await MoneyApi.start([{}, {}], { nowMs: () => performance.now(), unixMs: () => NOON });
  }, 120_000);
  afterAll(async () => money?.stop());

  async function publish(...jobs: readonly Job[]): Promise<void> {
    const completed = jobs.map((job) => ({
      jobId: randomUUID(),
      workerId: "worker",
      promptTokens: 10,
      completionTokens: job.tokens ?? 5,
      promptPriceMicro: 2n,
      completionPriceMicro: 3n,
      model: "flock-tiny:latest",
      finishedUnixMs: NOON,
      ...job,
    }));
    const event = InferenceCompleted.fromPartial({ version: 1, requesterId: "api-1", jobs: completed });
    published += 1;
    const bytes = encode(InferenceCompleted, event);
    await jetstreamOf(money.mesh).publish(EVENTS.inferenceCompleted, bytes, { msgID: `test-${published}` });
  }

  async function account() {
    const { token, wallet } = await money.signIn();
    const { body } = await money.ask("POST", "/keys", { token });
    return { token, accountId: wallet.id, keyId: body.id as string, apiKey: body.api_key as string };
  }

  const usageOf = async (token: string, query = "", api: 0 | 1 = 0) =>
    (await money.ask("GET", `/usage${query}`, { token, api })).body;
  const requestsOf = async (token: string) => (await usageOf(token, "?by=")).usage[0]?.requests ?? "0";

  async function query(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: money.databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  }

  it("has what the ledger charges: the tokens' price, and no more than was held for the job", async () => {
    const { token, accountId, keyId } = await account();
    await publish({ keyId, accountId, heldMicro: 34n });
    await publish({ keyId, accountId, heldMicro: 36n }, { keyId, accountId });
    await eventually("all is counted", async () => (await requestsOf(token)) === "3");
    expect((await usageOf(token, "?by=")).usage).toMatchObject([{ charge_micro: "104" }]);
  });

  it("is told by day, model and key, on every api, to sessions and to keys that may see the account", async () => {
    const { token, accountId, keyId, apiKey } = await account();
    const yesterday = NOON - DAY_MS;
    await publish({ keyId, accountId }, { keyId, accountId }, { keyId, accountId, model: "able:7b" });
    await publish({ keyId, accountId, finishedUnixMs: yesterday, tokens: 0 });
    await eventually("all is counted", async () => (await requestsOf(token)) === "4");
    const row = { requests: "1", prompt_tokens: "10", completion_tokens: "5", charge_micro: "35" };
    const told = {
      account: accountId,
      from: "2026-10-24",
      to: "2026-11-22",
      usage: [
        { day: "2026-11-22", model: "able:7b", key_id: keyId, ...row },
        {
          day: "2026-11-22",
          model: "flock-tiny:latest",
          key_id: keyId,
          requests: "2",
          prompt_tokens: "20",
          completion_tokens: "10",
          charge_micro: "70",
        },
        {
          day: "2026-11-21",
          model: "flock-tiny:latest",
          key_id: keyId,
          ...row,
          completion_tokens: "0",
          charge_micro: "20",
        },
      ],
      is_cut: false,
    };
    expect(await usageOf(token)).toEqual(told);
    expect(await usageOf(apiKey, "", 1)).toEqual(told);
    expect((await usageOf(token, "?from=2026-11-22&by=key")).usage).toEqual([
      { key_id: keyId, requests: "3", prompt_tokens: "30", completion_tokens: "15", charge_micro: "105" },
    ]);
    expect((await usageOf(token, `?key=${randomUUID()}`)).usage).toEqual([]);
  });

  it("is told for the last thirty days with the list of keys", async () => {
    const { token, accountId, keyId } = await account();
    const other = (await money.ask("POST", "/keys", { token })).body.id;
    const days = [0, 29, 30].map((ago) => ({ keyId, accountId, finishedUnixMs: NOON - ago * DAY_MS }));
    await publish(...days, { keyId: other, accountId, tokens: 0 });
    const requests = async () => (await usageOf(token, "?by=&from=2026-10-01")).usage[0]?.requests;
    await eventually("all is counted", async () => (await requests()) === "4");
    const { keys } = (await money.ask("GET", "/keys", { token })).body;
    expect(keys).toMatchObject([
      { id: keyId, charge_30_days_micro: "70" },
      { id: other, charge_30_days_micro: "20" },
    ]);
  });

  it.each(["?by=hour", "?from=2026-13-01", "?from=2026-11-23", "?from=2020-01-01", "?key=x"])(
    "is not told for %s",
    async (asked) => {
      const { token } = await account();
      expect((await money.ask("GET", `/usage${asked}`, { token })).status).toBe(400);
    },
  );

  it("has requests that nobody pays for, at no charge", async () => {
    const { token, accountId, keyId } = await account();
    await publish({ keyId, accountId, isFree: true, promptPriceMicro: 0n, completionPriceMicro: 0n });
    await eventually("it is counted", async () => (await requestsOf(token)) === "1");
    expect((await usageOf(token, "?by=")).usage).toMatchObject([
      { completion_tokens: "5", charge_micro: "0" },
    ]);
  });

  it("leaves out jobs without a key, with a key of another account, and with values that cannot be", async () => {
    const [own, other] = [await account(), await account()];
    const { keyId, accountId } = own;
    await publish({ keyId: "", accountId }, { keyId: other.keyId, accountId }, { keyId: "x", accountId });
    await publish({ keyId, accountId, model: "\0" }, { keyId: randomUUID(), accountId });
    await publish({ keyId, accountId });
    await eventually("the last one is counted", async () => (await requestsOf(own.token)) === "1");
    expect(await requestsOf(other.token)).toBe("0");
  });

  it("is counted once, though every event is delivered again, and to all apis at the same time", async () => {
    const { token, accountId, keyId } = await account();
    const jobs = Array.from({ length: 200 }, () => ({ keyId, accountId }));
    const stop = new AbortController();
    // Whoever counts is sent away again and again, in the middle of its work: another one reads the same events.
    const unrest = (async () => {
      while (!stop.signal.aborted)
        await query("UPDATE api.usage_position SET reader = NULL, reader_until = '-infinity'");
    })();
    for (const job of jobs) await publish(job);
    await eventually("all is counted", async () => (await requestsOf(token)) === "200");
    stop.abort();
    await unrest;
    const { consumers } = await manager(money.mesh);
    // The consumers are gone: whoever counts next reads from where Postgres says.
    for await (const { name } of consumers.list(STREAMS.events)) await consumers.delete(STREAMS.events, name);
    await publish({ keyId, accountId });
    await eventually("the next one is counted", async () => (await requestsOf(token)) === "201");
  }, 60_000);

  it("goes on where it was when all apis were away", async () => {
    const { token, accountId, keyId } = await account();
    await publish({ keyId, accountId });
    await eventually("it is counted", async () => (await requestsOf(token)) === "1");
    const again = await ApiUnderTest.start(money.nats.url, money.databaseUrl);
    await again.stop();
    await publish({ keyId, accountId });
    await eventually("it is counted", async () => (await requestsOf(token)) === "2");
  }, 60_000);

  it("begins anew with a stream that is another one, and keeps what was counted", async () => {
    const { token, accountId, keyId } = await account();
    await publish({ keyId, accountId });
    await eventually("it is counted", async () => (await requestsOf(token)) === "1");
    const { streams } = await manager(money.mesh);
    await streams.delete(STREAMS.events);
    await eventually("the stream is made again", async () =>
      streams.info(STREAMS.events).then(
        () => true,
        () => false,
      ),
    );
    await publish({ keyId, accountId });
    await eventually("it is counted as well", async () => (await requestsOf(token)) === "2");
  }, 60_000);
});
