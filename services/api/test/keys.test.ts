import { call, type Mesh } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API, KeyRights } from "@flock/proto/keys";
import {
  eventually,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import pg from "pg";
import { API_KEYS } from "../src/keys/bearer-secret.js";
import { ApiUnderTest, connectForTest } from "./api-under-test.js";

const version = PROTOCOL_VERSION;

describe("API keys", () => {
  let nats: TestNats;
  let postgres: TestPostgres;
  let databaseUrl: string;
  let mesh: Mesh;
  let apis: readonly [ApiUnderTest, ApiUnderTest];

  beforeAll(async () => {
    [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres()]);
    databaseUrl = await postgres.createDatabase();
    mesh = await connectForTest(nats.url, "test");
    // Two at once on an empty database: they migrate it together.
    apis = await Promise.all([
      ApiUnderTest.start(nats.url, databaseUrl),
      ApiUnderTest.start(nats.url, databaseUrl),
    ]);
  }, 120_000);
  afterAll(async () => {
    await Promise.all(apis?.map((api) => api.stop()) ?? []);
    await mesh?.close();
    await Promise.all([nats?.stop(), postgres?.stop()]);
  });

  const create = (accountId: string, label = "") => call(mesh, API.createKey, { version, accountId, label });
  const revoke = (keyId: string) => call(mesh, API.revokeKey, { version, keyId });
  const list = (accountId: string) => call(mesh, API.listKeys, { version, accountId });
  const query = async (text: string) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  };

  it("are made for an account, work at once on every api, and are stored as a hash alone", async () => {
    const { apiKey, keyId } = await create("alice", "laptop");
    expect(await Promise.all(apis.map((api) => api.status(apiKey)))).toEqual([200, 200]);
    const stored = await query("SELECT id, account_id, label, keys::text AS everything FROM api.keys keys");
    expect(stored).toMatchObject([{ id: keyId, account_id: "alice", label: "laptop" }]);
    // What its owner knows it by: 4 of 43 digits.
    expect(JSON.stringify(stored)).toContain(apiKey.slice(0, 8));
    expect(JSON.stringify(stored)).not.toContain(apiKey.slice(4, 9));
  });

  it("are listed with their labels and times, those that work first, never again as themselves", async () => {
    const first = await create("bob", "one");
    const second = await create("bob", "two");
    await revoke(first.keyId);
    const { keys } = await list("bob");
    const createdUnixMs = expect.any(Number);
    const rights = KeyRights.fromPartial({ scopes: ["inference", "read_account"] });
    expect(keys).toEqual([
      { keyId: second.keyId, accountId: "bob", label: "two", createdUnixMs, revokedUnixMs: 0, rights },
      {
        keyId: first.keyId,
        accountId: "bob",
        label: "one",
        createdUnixMs,
        revokedUnixMs: expect.any(Number),
        rights,
      },
    ]);
    expect(keys[1]?.revokedUnixMs).toBeGreaterThan(0);
    expect((await list("nobody")).keys).toEqual([]);
  });

  it("are refused within a second of their revocation, on every api", async () => {
    const { apiKey, keyId } = await create("carol");
    expect(await Promise.all(apis.map((api) => api.status(apiKey)))).toEqual([200, 200]);
    await revoke(keyId);
    const revokedMs = performance.now();
    const statuses = new Map(apis.map((api) => [api, 200]));
    while ([...statuses.values()].some((status) => status !== 401)) {
      for (const api of apis) statuses.set(api, await api.status(apiKey));
      expect(performance.now() - revokedMs).toBeLessThan(1_000);
    }
    await revoke(keyId);
  });

  it.each([
    ["an account id with a dot", () => create("a.b"), "invalid_argument"],
    ["an empty account id", () => create(""), "invalid_argument"],
    ["a label of 101 characters", () => create("alice", "x".repeat(101)), "invalid_argument"],
    ["a label with a NUL", () => create("alice", "\0"), "invalid_argument"],
    ["a key id that is none", () => revoke("' OR 1=1"), "not_found"],
    ["a key that does not exist", () => revoke("00000000-0000-0000-0000-000000000000"), "not_found"],
    ["a list of nobody", () => list("a b"), "invalid_argument"],
  ])("refuse %s", async (_what, act, code) => {
    await expect(act()).rejects.toMatchObject({ code });
  });

  it("that are in use go on while Postgres is away; unknown ones are told to come back", async () => {
    const [api] = apis;
    const known = await create("dave");
    const revokedMeanwhile = await create("dave");
    const unseen = await create("dave");
    expect([await api.status(known.apiKey), await api.status(revokedMeanwhile.apiKey)]).toEqual([200, 200]);

    await postgres.kill("SIGKILL");
    await eventually("the api is not ready", () => api.notReady.includes("not connected to Postgres"));
    expect(await api.status(known.apiKey)).toBe(200);
    expect(await api.status(unseen.apiKey)).toBe(503);
    expect(await api.status(API_KEYS.create())).toBe(503);
    expect(await api.status("sk-no-key-at-all")).toBe(401);
    await expect(create("dave")).rejects.toMatchObject({ code: "unavailable" });

    await postgres.restart();
    // Revoked with nobody listening: what was missed must be found out all the same.
    await query(`UPDATE api.keys SET revoked_at = now() WHERE id = '${revokedMeanwhile.keyId}'`);
    await eventually("the api is ready again", () => api.notReady.length === 0);
    expect(await api.status(revokedMeanwhile.apiKey)).toBe(401);
    expect(await api.status(known.apiKey)).toBe(200);
    expect(await api.status(unseen.apiKey)).toBe(200);
  }, 30_000);

  it("are refused after their revocation though the connection that told of such had gone silent", async () => {
    const listeners = await query(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'api revocations'",
    );
    expect(listeners).toHaveLength(apis.length);
    const { apiKey, keyId } = await create("grace");
    expect(await Promise.all(apis.map((api) => api.status(apiKey)))).toEqual([200, 200]);
    const isSilent = (api: ApiUnderTest) =>
      api.logs.some((line) => line.includes("cannot hear of revoked keys") && line.includes("no answer"));
    for (const { pid } of listeners) process.kill(pid, "SIGSTOP");
    try {
      await eventually("both to give the connection up", () => apis.every(isSilent));
      await eventually("both to hear again", () => apis.every((api) => api.notReady.length === 0));
      await revoke(keyId);
      await eventually("both to refuse the key", async () =>
        (await Promise.all(apis.map((api) => api.status(apiKey)))).every((status) => status === 401),
      );
    } finally {
      for (const { pid } of listeners) process.kill(pid, "SIGCONT");
    }
  }, 30_000);

  it("that are in use go on while Postgres hangs; unknown ones do not wait for it for long", async () => {
    const [api] = apis;
    const known = await create("erin");
    expect(await api.status(known.apiKey)).toBe(200);
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query("BEGIN; LOCK TABLE api.keys IN ACCESS EXCLUSIVE MODE");
    try {
      const askedMs = performance.now();
      expect(await api.status(known.apiKey)).toBe(200);
      expect(await api.status(API_KEYS.create())).toBe(503);
      expect(performance.now() - askedMs).toBeLessThan(3_000);
    } finally {
      await client.end();
    }
    expect(await api.status(API_KEYS.create())).toBe(401);
  }, 30_000);

  it("has exactly the columns that the code knows", async () => {
    const columns = await query(
      `SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
       WHERE table_schema = 'api' AND table_name NOT LIKE 'migrations%'
       ORDER BY table_name, ordinal_position`,
    );
    expect(columns.map((column) => Object.values(column).join(" "))).toEqual([
      "accounts id text NO",
      "accounts created_at timestamp with time zone NO",
      "challenges hash bytea NO",
      "challenges address text NO",
      "challenges expires_at timestamp with time zone NO",
      "delegations key text NO",
      "delegations wallet text NO",
      "delegations payout text NO",
      "delegations text text NO",
      "delegations signature bytea NO",
      "delegations kept_at timestamp with time zone NO",
      "delegations expires_at timestamp with time zone NO",
      "jobs id uuid NO",
      "jobs account_id text NO",
      "jobs key_id uuid NO",
      "jobs model text NO",
      "jobs trace_id text NO",
      "jobs state text NO",
      "jobs created_at timestamp with time zone NO",
      "jobs finished_at timestamp with time zone YES",
      "jobs lost_at timestamp with time zone NO",
      "jobs workers ARRAY NO",
      "jobs privacy text YES",
      "jobs queue_ms double precision NO",
      "jobs claim_ms double precision NO",
      "jobs prefill_ms double precision NO",
      "jobs decode_ms double precision NO",
      "jobs total_ms double precision NO",
      "jobs prompt_tokens bigint NO",
      "jobs completion_tokens bigint NO",
      "jobs completion_tokens_bound text NO",
      "jobs charge_micro bigint NO",
      "jobs done_reason text NO",
      "jobs error_code text YES",
      "jobs receipt bytea YES",
      "jobs is_opted_out boolean NO",
      "key_minutes key_id uuid NO",
      "key_minutes minute timestamp with time zone NO",
      "key_minutes requests bigint NO",
      "key_minutes tokens bigint NO",
      "keys id uuid NO",
      "keys account_id text NO",
      "keys hash bytea NO",
      "keys label text NO",
      "keys created_at timestamp with time zone NO",
      "keys revoked_at timestamp with time zone YES",
      "keys expires_at timestamp with time zone YES",
      "keys scopes ARRAY NO",
      "keys models ARRAY YES",
      "keys budget_day_micro bigint YES",
      "keys budget_month_micro bigint YES",
      "keys requests_per_minute integer YES",
      "keys tokens_per_minute bigint YES",
      "keys streams_max integer YES",
      "keys prefix text YES",
      "keys last_used_at timestamp with time zone YES",
      "reservations job_id text NO",
      "reservations key_id uuid NO",
      "reservations amount_micro bigint NO",
      "reservations expires_at timestamp with time zone NO",
      "running_requests job_id text NO",
      "running_requests key_id uuid NO",
      "running_requests expires_at timestamp with time zone NO",
      "secrets name text NO",
      "secrets value bytea NO",
      "secrets created_at timestamp with time zone NO",
      "sessions id uuid NO",
      "sessions account_id text NO",
      "sessions hash bytea NO",
      "sessions created_at timestamp with time zone NO",
      "sessions expires_at timestamp with time zone NO",
      "status_days day date NO",
      "status_days service text NO",
      "status_days ok integer NO",
      "status_days samples integer NO",
      "status_incidents id uuid NO",
      "status_incidents service text NO",
      "status_incidents began_at timestamp with time zone NO",
      "status_incidents ended_at timestamp with time zone YES",
      "status_incidents worst text NO",
      "status_incidents effect text NO",
      "status_incidents done text YES",
      "status_sampler id boolean NO",
      "status_sampler sampler uuid YES",
      "status_sampler sampler_until timestamp with time zone NO",
      "status_sampler sampled_at timestamp with time zone YES",
      "status_sampler payouts_halted boolean YES",
      "status_sampler payouts_reason text YES",
      "status_sampler payouts_since timestamp with time zone YES",
      "status_services service text NO",
      "status_services state text NO",
      "status_services since timestamp with time zone NO",
      "status_services note text YES",
      "status_services instances integer NO",
      "status_services usual integer NO",
      "status_services fewer_samples integer NO",
      "status_services failed_samples integer NO",
      "status_services failed_since timestamp with time zone YES",
      "status_services good_samples integer NO",
      "status_services good_since timestamp with time zone YES",
      "status_services incident uuid YES",
      "usage_by_day key_id uuid NO",
      "usage_by_day day date NO",
      "usage_by_day model text NO",
      "usage_by_day account_id text NO",
      "usage_by_day requests bigint NO",
      "usage_by_day prompt_tokens bigint NO",
      "usage_by_day completion_tokens bigint NO",
      "usage_by_day charge_micro bigint NO",
      "usage_position id boolean NO",
      "usage_position stream text NO",
      "usage_position sequence bigint NO",
      "usage_position reader uuid YES",
      "usage_position reader_until timestamp with time zone NO",
    ]);
  });
});
