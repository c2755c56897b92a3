import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API, KeyRights } from "@flock/proto/keys";
import { eventually } from "@flock/provision/testing";
import pg from "pg";
import { type Answer, MoneyApi } from "./money-api.js";

const HOUR_MS = 3_600_000;

describe("keys with rights of their own", () => {
  let money: MoneyApi;
  let unixMs = Date.now();

  beforeAll(async () => {
    money = await MoneyApi.start([{}, {}], { nowMs: () => performance.now(), unixMs: () => unixMs });
  }, 120_000);
  afterAll(async () => money?.stop());

  async function query(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: money.databaseUrl });
    await client.connect();
    const { rows } = await client.query(text);
    await client.end();
    return rows;
  }

  const make = (token: string, body: object): Promise<Answer> => money.ask("POST", "/keys", { token, body });
  async function keyOf(token: string, body: object): Promise<{ id: string; apiKey: string }> {
    const { body: made } = await make(token, body);
    return { id: made.id, apiKey: made.api_key };
  }
  const inference = (apiKey: string, path: string, body?: object) =>
    fetch(`${money.apis[0].baseUrl}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${apiKey}`, "x-api-key": apiKey },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  it("keys that were there before can do what they could, and no more", async () => {
    const { token } = await money.signIn();
    const { body } = await make(token, {});
    expect(body).toMatchObject({ scopes: ["inference", "read_account"], models: null, expires_at: null });
    await query(
      `INSERT INTO api.keys (id, account_id, hash, label)
       SELECT '00000000-0000-4000-8000-000000000001', account_id, sha256('old'), 'old' FROM api.keys LIMIT 1`,
    );
    expect(await query("SELECT scopes, models, expires_at FROM api.keys WHERE label = 'old'")).toEqual([
      { scopes: ["inference", "read_account"], models: null, expires_at: null },
    ]);
    const { keys } = (await money.ask("GET", "/keys", { token })).body;
    expect(keys).toMatchObject([{ id: body.id }, { label: "old", prefix: null, last_used_at: null }]);
  });

  it("the list says how a key begins and when it was used last, whatever it was used for", async () => {
    const { token } = await money.signIn();
    const used = await keyOf(token, { label: "used" });
    const unused = await keyOf(token, { label: "unused" });
    const listed = async () => (await money.ask("GET", "/keys", { token })).body.keys;
    expect(await listed()).toMatchObject([
      { prefix: used.apiKey.slice(0, 8), last_used_at: null, charge_30_days_micro: "0" },
      { prefix: unused.apiKey.slice(0, 8), last_used_at: null },
    ]);
    const atMs = unixMs;
    expect((await inference(used.apiKey, "/api/tags")).status).toBe(200);
    await eventually("the use is told", async () => (await listed())[0].last_used_at !== null);
    expect(await listed()).toMatchObject([
      { last_used_at: new Date(atMs).toISOString() },
      { last_used_at: null },
    ]);
  });

  it("a key without a scope is refused with 403 where it needs that scope", async () => {
    const { token } = await money.signIn();
    const reader = await keyOf(token, { scopes: ["read_account"] });
    const chatter = await keyOf(token, { scopes: ["inference"] });
    expect((await money.ask("GET", "/account", { token: reader.apiKey })).status).toBe(200);
    for (const path of [
      "/account",
      "/usage",
      "/statement",
      "/deposits",
      "/withdrawals",
      "/earnings",
      "/workers",
    ])
      expect(await money.ask("GET", path, { token: chatter.apiKey })).toMatchObject({
        status: 403,
        body: { error: { code: "permission_denied", message: "this API key may not see its account" } },
      });
    expect((await money.ask("GET", "/keys", { token: reader.apiKey })).status).toBe(403);
  });

  it.each([
    [["read_accounts"], "'read_accounts' is no scope of a key"],
    [["inference", "\0"], "is no scope of a key"],
  ])("a key is not made with scopes %j", async (scopes, message) => {
    const { token } = await money.signIn();
    const answer = await make(token, { scopes });
    expect(answer.status).toBe(400);
    expect(answer.body.error.message).toContain(message);
  });

  it.each([
    { models: ["a b"] },
    { models: "llama" },
    { models: Array.from({ length: 101 }, (_, index) => `m${index}`) },
    { expires_at: "tomorrow" },
    { expires_at: "2020-01-01T00:00:00Z" },
    { budget_day_micro: 5 },
    { budget_month_micro: "0" },
    { requests_per_minute: 0 },
    { tokens_per_minute: 1.5 },
    { streams_max: "2" },
    { scopes: ["manage_keys"], streams_max: 2 },
  ])("a key is not made with %j", async (body) => {
    const { token } = await money.signIn();
    expect((await make(token, body)).status).toBe(400);
  });

  it("an expired key is refused everywhere, with when it expired, and works again with a later end", async () => {
    const { token } = await money.signIn();
    const end = new Date(unixMs + HOUR_MS).toISOString();
    const { id, apiKey } = await keyOf(token, { expires_at: end });
    const statuses = () => Promise.all(money.apis.map((api) => api.status(apiKey)));
    expect(await statuses()).toEqual([200, 200]);
    unixMs += HOUR_MS;
    expect(await statuses()).toEqual([401, 401]);
    expect(await (await inference(apiKey, "/api/tags")).json()).toEqual({
      error: `unauthorized: this API key expired at ${end}`,
    });
    const later = new Date(unixMs + HOUR_MS).toISOString();
    const changed = await money.ask("PATCH", `/keys/${id}`, { token, body: { expires_at: later } });
    expect(changed.body).toEqual({ id, changed: true });
    await eventually("both apis know of it", async () =>
      (await statuses()).every((status) => status === 200),
    );
    await money.ask("PATCH", `/keys/${id}`, { token, body: { expires_at: null, label: "for ever" } });
    expect((await money.ask("GET", "/keys", { token })).body.keys).toMatchObject([
      { id, label: "for ever", expires_at: null },
    ]);
  });

  it("a key that manages keys makes none that is wider than itself, and has no say about wider ones", async () => {
    const { token, wallet } = await money.signIn();
    const wide = await keyOf(token, { label: "wide" });
    const end = new Date(unixMs + HOUR_MS).toISOString();
    const rights = { scopes: ["inference", "manage_keys"], models: ["flock-tiny"], expires_at: end };
    const manager = await keyOf(token, rights);
    const narrow = { scopes: ["inference"], models: ["flock-tiny:latest"], expires_at: end };
    const made = await make(manager.apiKey, narrow);
    expect(made).toMatchObject({ status: 200, body: { account: wallet.id, models: ["flock-tiny:latest"] } });
    for (const more of [
      { ...narrow, scopes: ["inference", "read_account"] },
      { ...narrow, models: ["flock-tiny", "able:7b"] },
      { ...narrow, models: [] },
      { ...narrow, expires_at: null },
      { ...narrow, expires_at: new Date(unixMs + HOUR_MS + 1).toISOString() },
    ])
      expect((await make(manager.apiKey, more)).status).toBe(403);
    const asManager = { token: manager.apiKey };
    const path = `/keys/${made.body.id}`;
    expect((await money.ask("PATCH", path, { ...asManager, body: { label: "x" } })).status).toBe(200);
    expect((await money.ask("PATCH", path, { ...asManager, body: { expires_at: null } })).status).toBe(403);
    expect((await money.ask("DELETE", path, asManager)).status).toBe(200);
    expect((await money.ask("DELETE", `/keys/${wide.id}`, asManager)).status).toBe(403);
    expect((await money.ask("PATCH", `/keys/${wide.id}`, { ...asManager, body: {} })).status).toBe(403);
    expect((await money.ask("GET", "/keys", asManager)).body.keys).toHaveLength(3);
  });

  it("operators make, change and list such keys by a call", async () => {
    const version = PROTOCOL_VERSION;
    const expiresUnixMs = unixMs + HOUR_MS;
    const asked = { scopes: ["inference"], models: ["able:7b"], expiresUnixMs, streamsMax: 3 };
    const rights = KeyRights.fromPartial({ ...asked, budgetDayMicro: 7n });
    const { keyId } = await call(money.mesh, API.createKey, {
      version,
      accountId: "ops",
      label: "one",
      rights,
    });
    await call(money.mesh, API.changeKey, { version, keyId, label: "two" });
    const list = () => call(money.mesh, API.listKeys, { version, accountId: "ops" });
    expect((await list()).keys).toMatchObject([{ keyId, label: "two", rights }]);
    await call(money.mesh, API.changeKey, { version, keyId, end: { expiresUnixMs: 0 } });
    expect((await list()).keys).toMatchObject([{ label: "two", rights: { ...rights, expiresUnixMs: 0 } }]);
    await expect(
      call(money.mesh, API.changeKey, { version, keyId, end: { expiresUnixMs: 1 } }),
    ).rejects.toMatchObject({ code: "invalid_argument" });
  });
});
