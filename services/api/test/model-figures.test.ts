import { LedgerDefinition, ModelsDefinition } from "@flock/proto/public";
import { HardwareClass } from "@flock/proto/workers";
import { eventually } from "@flock/provision/testing";
import { ApiUnderTest } from "./api-under-test.js";
import { jobsEnded } from "./ended-jobs.js";
import { GrpcTestClient } from "./grpc-client.js";
import { MoneyApi } from "./money-api.js";
import { offer } from "./offered-model.js";
import { PLAIN_MODEL } from "./start-test-api.js";
import { tellLoad } from "./told-load.js";

const NAME = "namespace/slashed:1b";
const ENTRY = { ...PLAIN_MODEL, name: NAME };

describe("the figures of models", () => {
  let money: MoneyApi;
  let hush: () => void;

  beforeAll(async () => {
    money = await MoneyApi.start([{ API_GROUP_MIN: "1" }, {}]);
    await offer(money.mesh, ENTRY);
    hush = tellLoad(money.mesh, [
      { model: NAME, waiting: 4, running: [{ hardware: HardwareClass.UNSPECIFIED, jobs: 1 }] },
    ]);
  }, 120_000);
  afterAll(async () => {
    hush?.();
    await money?.stop();
  });
  const listed = async (api: 0 | 1) => (await money.ask("GET", "/models", { api })).body.models[0];

  it("are measured over ended jobs, also those that ended before this api began", async () => {
    await jobsEnded(money.mesh, [
      { model: NAME },
      { model: NAME, queueMs: 900, leases: 2 },
      { model: NAME, completionTokens: 2 },
      // An older requester.
      { model: NAME, ...{ queueMs: 0, claimMs: 0, prefillMs: 0, decodeMs: 0 } },
    ]);
    const expected = {
      workers: { all: 1, warm: 0 },
      slots: { all: 1, busy: 1 },
      waiting: 4,
      wait_ms: { p50: expect.closeTo(100, -1), p90: expect.closeTo(940, -2), n: 3 },
      first_token_ms: { p50: expect.closeTo(200, -1.5), p90: expect.closeTo(200, -1.5), n: 2 },
      tokens_per_second: { p50: expect.closeTo(50, -1), p90: expect.closeTo(50, -1), n: 1 },
    };
    await eventually("they are measured", async () => (await listed(0)).wait_ms?.n === 3);
    await eventually("what waits is known", async () => (await listed(0)).waiting === 4);
    expect(await listed(0)).toMatchObject(expected);
    const late = await ApiUnderTest.start(money.nats.url, money.databaseUrl, { API_GROUP_MIN: "1" });
    const ofLate = async () => (await (await fetch(`${late.baseUrl}/flock/v1/models`)).json()) as LateModels;
    await eventually("the new one has read them", async () => {
      const [model] = (await ofLate()).models;
      return model?.wait_ms?.n === 3 && model.waiting === 4;
    });
    const { models, measured_since: since } = await ofLate();
    expect(models[0]).toMatchObject(expected);
    expect(Date.parse(since)).toBeLessThan(Date.now());
    await late.stop();
  });

  it("are told of one model by its name, raw or encoded, with its hardware and its hours", async () => {
    for (const path of [NAME, encodeURIComponent(NAME), "NAMESPACE/slashed:1b"]) {
      const { status, body } = await money.ask("GET", `/models/${path}`);
      expect([path, status]).toEqual([path, 200]);
      expect(body).toMatchObject({
        as_of: expect.any(String),
        model: {
          name: NAME,
          hardware: [{ class: "other", workers: 1 }],
          hours: [{ wait_ms: expect.closeTo(100, -1), tokens_per_second: expect.closeTo(50, -1) }],
        },
      });
    }
    expect((await money.ask("GET", "/models/nobody-has-it")).body.error.code).toBe("not_found");
    expect((await money.ask("GET", "/models/%20")).body.error.code).toBe("invalid_argument");
  });

  it("are the same for some seconds, and are not sent again to whom has them", async () => {
    const { headers } = await money.ask("GET", "/models");
    const etag = headers.get("etag") ?? "";
    expect([etag, headers.get("cache-control")]).toEqual([
      expect.stringMatching(/^".+"$/),
      "public, max-age=2",
    ]);
    await eventually("a list is asked for twice within its time", async () => {
      const first = (await money.ask("GET", "/models")).headers.get("etag") ?? "";
      return (await money.ask("GET", "/models", { headers: { "if-none-match": first } })).status === 304;
    });
    await eventually("there are new ones", async () => {
      const again = await money.ask("GET", "/models", { headers: { "if-none-match": etag } });
      return again.status === 200 && again.headers.get("etag") !== etag;
    });
  });

  it("have nothing of one worker where three are the smallest group", async () => {
    await eventually("it waits for three of them", async () => (await listed(1)).waiting === 3);
    expect(await listed(1)).toMatchObject({
      ...{ name: NAME, is_available: true, workers: null, slots: null },
      ...{ wait_ms: null, first_token_ms: null, tokens_per_second: null },
    });
    const { body } = await money.ask("GET", `/models/${NAME}`, { api: 1 });
    expect(body.model).toMatchObject({ hardware: null, hours: [] });
    const { live } = (await money.ask("GET", "/network", { api: 1 })).body;
    expect(live).toMatchObject({ group_min: 3, workers: null, slots: null, waiting: null, hardware: [] });
    expect([live.tokens_per_second, live.jobs_per_minute]).toEqual([null, null]);
  });

  it("go on when NATS was away", async () => {
    await money.nats.kill("SIGKILL");
    await money.nats.restart();
    await eventually("a job that ended since is measured", async () => {
      await jobsEnded(money.mesh, [{ model: NAME }]).catch(() => {});
      return (await listed(0)).wait_ms.n > 3;
    });
    const before = (await money.ask("GET", "/network")).body.live.as_of;
    await eventually("there are new frames", async () => {
      const { live } = (await money.ask("GET", "/network")).body;
      return live.as_of !== before && live.waiting === 4;
    });
  });

  it("are told over gRPC, too", async () => {
    const { token } = await money.signIn();
    const { body: key } = await money.ask("POST", "/keys", { token });
    const client = new GrpcTestClient(money.apis[0].grpcAddress, key.api_key);
    const { listModels, getModel } = ModelsDefinition.methods;
    const { models } = await client.ask(ModelsDefinition, listModels, {});
    const figures = {
      workers: 1,
      warmWorkers: 0,
      slots: 1,
      busySlots: 1,
      waiting: 4,
      waitMs: { count: expect.any(Number) },
    };
    expect(models).toMatchObject([{ name: NAME, figures }]);
    expect(await client.ask(ModelsDefinition, getModel, { name: NAME })).toMatchObject({
      model: { figures },
      hardware: [{ hardwareClass: "other", workers: 1 }],
      hours: [{ waitMs: expect.closeTo(100, -1) }],
    });
    const { getNetwork } = LedgerDefinition.methods;
    expect((await client.ask(LedgerDefinition, getNetwork, {})).live).toMatchObject({
      ...{ groupMin: 1, workers: 1, slots: 1, busySlots: 1, waiting: 4 },
      hardware: [{ hardwareClass: "other", workers: 1, slots: 1, busySlots: 1 }],
    });
    client.close();
  });
});

interface LateModels {
  readonly models: readonly {
    readonly waiting: number | null;
    readonly wait_ms: { readonly n: number } | null;
  }[];
  readonly measured_since: string;
}
