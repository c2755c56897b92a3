import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { API } from "@flock/proto/keys";
import fc from "fast-check";
import { MoneyApi } from "./money-api.js";

describe("who may use the API for money, and how others are refused", () => {
  let money: MoneyApi;

  beforeAll(async () => {
    money = await MoneyApi.start();
  }, 120_000);
  afterAll(async () => money?.stop());

  it("the api answers whatever is sent to it with a refusal of its own, never with a fault", async () => {
    const { token } = await money.signIn();
    const field = fc.constantFrom(
      ...[
        "address",
        "message",
        "signature",
        "text",
        "id",
        "amount_micro",
        "label",
        "everywhere",
        "__proto__",
      ],
    );
    const strings = fc.oneof(fc.string(), fc.constantFrom("0", "-1", "1e9", "9".repeat(40), "\0", "\ud800"));
    const value = fc.oneof(strings, fc.uuid(), fc.integer(), fc.constant(null), fc.jsonValue());
    const body = fc.oneof(fc.dictionary(field, value), fc.jsonValue()).map((json) => JSON.stringify(json));
    const paths = ["/sign-in/challenge", "/sign-in", "/stakes", "/collects", "/keys"];
    const route = fc.constantFrom(...paths, "/withdrawals", "/unstakes", "/claims");
    await fc.assert(
      fc.asyncProperty(route, body, async (path, sent) => {
        const { status, body: answer } = await money.ask("POST", path, { token, body: sent });
        if (status === 200) return;
        expect([400, 401, 402, 409]).toContain(status);
        expect(answer.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
      }),
      { numRuns: 300 },
    );
  });

  it("an account makes, lists and revokes API keys, which work for inference and may read", async () => {
    const { wallet, token } = await money.signIn();
    const made = await money.ask("POST", "/keys", { token, body: { label: "laptop" } });
    expect(made.body).toMatchObject({ account: wallet.id, label: "laptop" });
    const { id, api_key: apiKey } = made.body;
    expect(await money.apis[1].status(apiKey)).toBe(200);
    for (const path of ["/account", "/statement", "/deposit", "/deposits", "/earnings", "/withdrawals"])
      expect([path, (await money.ask("GET", path, { token: apiKey })).status]).toEqual([path, 200]);
    expect((await money.ask("GET", "/account", { token: apiKey })).body.account).toBe(wallet.id);
    for (const [method, path] of [
      ["POST", "/keys"],
      ["GET", "/keys"],
      ["DELETE", `/keys/${id}`],
      ["POST", "/stakes"],
      ["POST", "/collects"],
      ["POST", "/sign-out"],
    ] as const)
      expect(await money.ask(method, path, { token: apiKey })).toMatchObject({
        status: 403,
        body: { error: { code: "permission_denied" } },
      });
    expect((await money.ask("GET", "/keys", { token })).body.keys).toMatchObject([
      { id, label: "laptop", revoked_at: null },
    ]);
    expect((await money.ask("DELETE", `/keys/${id}`, { token })).body).toEqual({ id, revoked: true });
    const { token: stranger } = await money.signIn();
    expect((await money.ask("DELETE", `/keys/${id}`, { token: stranger })).status).toBe(404);
    expect((await money.ask("GET", "/keys", { token })).body.keys[0].revoked_at).not.toBeNull();
  });

  it("an account has a hundred keys and no more, also when more are asked for at once", async () => {
    const { token } = await money.signIn();
    const apiOf = (index: number) => (index % 2 === 0 ? 0 : 1);
    const answers = await Promise.all(
      Array.from({ length: 110 }, (_, index) => money.ask("POST", "/keys", { token, api: apiOf(index) })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(100);
    const refused = answers.find(({ status }) => status !== 200);
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: "failed_precondition", message: expect.stringContaining("revoke one first") } },
    });
    await money.ask("DELETE", `/keys/${answers.find(({ status }) => status === 200)?.body.id}`, { token });
    expect((await money.ask("POST", "/keys", { token })).status).toBe(200);
  });

  it("a session is kept out of inference, in the words of its dialect", async () => {
    const { token } = await money.signIn();
    const response = await fetch(`${money.apis[0].baseUrl}/api/tags`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: "unauthorized: a session is not an API key, but can make one",
    });
  });

  it("an account is seen by nobody without a session or key", async () => {
    for (const token of [undefined, "fls_nonsense", `fls_${"1".repeat(43)}`, `flk_${"1".repeat(43)}`])
      expect(
        (await money.ask("GET", "/account", token === undefined ? {} : { token })).body.error,
      ).toMatchObject({ code: "unauthenticated" });
    expect((await money.ask("GET", "/nothing")).body.error).toMatchObject({ code: "unauthenticated" });
  });

  it("a key of an account without a wallet may see that account, too", async () => {
    const { apiKey } = await call(money.mesh, API.createKey, {
      version: PROTOCOL_VERSION,
      accountId: "alice",
      label: "",
    });
    expect((await money.ask("GET", "/account", { token: apiKey })).body.account).toBe("alice");
  });

  it("the api says which part is away, without its inner names", async () => {
    const { token } = await money.signIn();
    await money.withoutServices(async () => {
      for (const [path, part] of [
        ["/account", "ledger"],
        ["/withdrawals", "treasury"],
      ] as const)
        expect(await money.ask("GET", path, { token })).toMatchObject({
          status: 503,
          body: {
            error: {
              code: "unavailable",
              message: `the ${part} cannot be reached at the moment, please try again`,
              retry_after_ms: 1_000,
            },
          },
        });
    });
    expect((await money.ask("GET", "/account", { token })).status).toBe(200);
  });

  it("the api answers other methods and paths in its own words", async () => {
    const { token } = await money.signIn();
    const made = await money.ask("POST", "/keys", { token });
    const apiKey = made.body.api_key;
    const wrong = await money.ask("PUT", "/account", { token: apiKey });
    expect(wrong).toMatchObject({ status: 405, body: { error: { code: "unimplemented" } } });
    expect(wrong.headers.get("allow")).toBe("GET");
    expect(await money.ask("GET", "/nothing", { token: apiKey })).toMatchObject({
      status: 404,
      body: { error: { code: "not_found", message: "path /flock/v1/nothing not found" } },
    });
  });
});
