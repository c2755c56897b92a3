import { randomUUID } from "node:crypto";
import { API_KEY_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { generateIdentity, type Identity } from "@flock/keys";
import { call, openBucket } from "@flock/mesh";
import { microLlama } from "@flock/money";
import { claimText, withdrawalText } from "@flock/orders";
import { encodeParameters, LOCAL_PARAMETERS } from "@flock/parameters";
import { BUCKETS, PARAMS_CURRENT_KEY, PROTOCOL_VERSION } from "@flock/proto";
import { eventually } from "@flock/provision/testing";
import fc from "fast-check";
import { GENESIS_HASH, payoutFrom } from "./fake-treasury.js";
import { MoneyApi, signed } from "./money-api.js";

describe("the API for money", () => {
  let money: MoneyApi;

  beforeAll(async () => {
    money = await MoneyApi.start();
  }, 120_000);
  afterAll(async () => money?.stop());

  const unstakeText = (account: string, change: Record<string, string> = {}) => {
    const fields = {
      network: GENESIS_HASH,
      account,
      amount: "5",
      id: randomUUID(),
      expires: new Date(Date.now() + 60_000).toISOString(),
      ...change,
    };
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    return ["FlockOllamas unstake", ...lines].join("\n");
  };

  const withdrawalOf = (wallet: Identity, change: { id?: string } = {}) => {
    const order = { network: GENESIS_HASH, account: wallet.id, amount: microLlama(5n), to: wallet.id };
    const text = withdrawalText({ ...order, id: randomUUID(), expiresMs: Date.now() + 60_000, ...change });
    return { text, body: { text, signature: signed(wallet, text) } };
  };

  it("shows what an account has: nothing, at first, and the limits of the lowest tier", async () => {
    const { wallet, token } = await money.signIn();
    const nothing = { posted_micro: "0", held_micro: "0", available_micro: "0" };
    expect((await money.ask("GET", "/account", { token })).body).toEqual({
      account: wallet.id,
      wallet: nothing,
      stake_micro: "0",
      cooling: { total_micro: "0", releases: [] },
      vested: nothing,
      earnings_micro: "0",
      tier: {
        level: 0,
        requests_per_minute: 60,
        concurrency: 4,
        priority: 1,
        next: { level: 1, stake_min_micro: "1000000000" },
      },
    });
  });

  it("shows what an account has, exactly", async () => {
    const { wallet, token } = await money.signIn();
    const { balances, held } = money.ledger;
    balances.set(`wallet:${wallet.id}`, 90_071_992_547_409_931n).set(`stake:${wallet.id}`, 1_000_000_000n);
    held.set(`wallet:${wallet.id}`, 1n);
    balances.set(`vested:${wallet.id}`, 7n).set(`earnings:${wallet.id}`, 8n).set(`cooling:${wallet.id}`, 9n);
    expect((await money.ask("GET", "/account", { token })).body).toMatchObject({
      wallet: {
        posted_micro: "90071992547409931",
        held_micro: "1",
        available_micro: "90071992547409930",
      },
      stake_micro: "1000000000",
      cooling: { total_micro: "9" },
      vested: { available_micro: "7" },
      earnings_micro: "8",
      tier: { level: 1 },
    });
  });

  it("pages through statements", async () => {
    const { wallet, token } = await money.signIn();
    const first = await money.ask("GET", "/statement?limit=1", { token });
    expect(first.body).toEqual({
      ledger_account: `wallet:${wallet.id}`,
      next_cursor: "41",
      transfers: [
        {
          id: "deposit:first:1",
          kind: "deposit",
          phase: "single",
          debit: "external:solana",
          credit: `wallet:${wallet.id}`,
          amount_micro: "10000000000000001",
          business_id: "signature",
          sequence: "42",
          created_at: "2026-11-22T00:00:00.000Z",
        },
      ],
    });
    const second = await money.ask("GET", "/statement?account=vested&cursor=41", { token });
    expect(second.body).toMatchObject({
      ledger_account: `vested:${wallet.id}`,
      next_cursor: null,
      transfers: [{ id: "deposit:41:100" }],
    });
  });

  it.each([
    ["/statement?account=pool", "account: must be wallet, earnings, vested, stake or cooling"],
    ["/statement?limit=0", "limit: must be a number from 1 to 500"],
    ["/statement?limit=501", "limit: must be a number from 1 to 500"],
    ["/statement?limit=1&limit=2", "limit: Invalid input: expected string, received array"],
    ["/statement?cursor=a%20b", "cursor: is not one of ours"],
    ["/earnings?from=2026-02-30", "from: must be a day such as 2026-11-22"],
    ["/earnings?from=2026-11-22&to=2026-11-21", "from: 2026-11-22 is after 2026-11-21"],
    ["/earnings?from=2020-01-01&to=2026-11-21", "from: 2517 days are asked for, at most 366 are told"],
    ["/deposits?suspended=maybe", "suspended: must be true or false"],
    ["/withdrawals/7", "id: must be a UUID"],
  ])("refuses %s", async (path, message) => {
    const { token } = await money.signIn();
    expect(await money.ask("GET", path, { token })).toMatchObject({
      status: 400,
      body: { error: { message } },
    });
  });

  it("tells how to deposit, and what arrived", async () => {
    const { wallet, token } = await money.signIn();
    expect((await money.ask("GET", "/deposit", { token })).body).toEqual({
      network: GENESIS_HASH,
      mint: "mint",
      address: "treasury",
      token_account: "token-account",
      memo: `flock:${wallet.id}`,
      reference: "reference",
      url: "solana:treasury",
      deposit_min_micro: "10000",
    });
    expect((await money.ask("GET", "/deposits", { token })).body.deposits).toEqual([
      {
        signature: "s1",
        amount_micro: "5",
        state: "credited",
        account: wallet.id,
        sender: null,
        reason: "",
        slot: 9,
        seen_at: "2023-11-14T22:13:20.000Z",
      },
    ]);
    const suspended = await money.ask("GET", "/deposits?suspended=true", { token });
    expect(suspended.body.deposits).toMatchObject([
      { state: "suspended", account: null, sender: wallet.id, reason: "unknown_account", named: "alise" },
    ]);
  });

  it("stakes once per id, in the body or in the header, and says what is there", async () => {
    const { wallet, token } = await money.signIn();
    money.ledger.balances.set(`wallet:${wallet.id}`, 100n);
    const id = randomUUID();
    const body = { id: id.toUpperCase(), amount_micro: "60" };
    const answer = { id, stake_micro: "60", available_micro: "40" };
    expect((await money.ask("POST", "/stakes", { token, body })).body).toEqual(answer);
    const headers = { "idempotency-key": `"${id}"` };
    const again = await money.ask("POST", "/stakes", { token, headers, body: { amount_micro: "60" } });
    expect(again.body).toEqual(answer);
    expect(money.ledger.stakes.filter(({ owner }) => owner === wallet.id)).toHaveLength(1);
    const other = await money.ask("POST", "/stakes", { token, body: { id, amount_micro: "61" } });
    expect(other).toMatchObject({ status: 409, body: { error: { code: "already_exists" } } });
  });

  it("says exactly what is missing when the money is not there: 402", async () => {
    const { wallet, token } = await money.signIn();
    money.ledger.balances.set(`wallet:${wallet.id}`, 1_000_000n);
    const body = { id: randomUUID(), amount_micro: "2500000" };
    expect(await money.ask("POST", "/stakes", { token, body })).toMatchObject({
      status: 402,
      body: {
        error: {
          code: "insufficient_funds",
          message: "2.5 LLAMA are needed, 1 are available, 1.5 are missing",
          needed_micro: "2500000",
          available_micro: "1000000",
          missing_micro: "1500000",
        },
      },
    });
    expect((await money.ask("POST", "/collects", { token, body })).body.error).toMatchObject({
      available_micro: "0",
      missing_micro: "2500000",
    });
  });

  it("says what running requests hold of it, and nothing of that when they hold nothing", async () => {
    const { wallet, token } = await money.signIn();
    const own = `wallet:${wallet.id}`;
    money.ledger.balances.set(own, 1_000_000n);
    money.ledger.held.set(own, 500_000n);
    const stake = () =>
      money.ask("POST", "/stakes", { token, body: { id: randomUUID(), amount_micro: "800000" } });
    const amounts = { needed_micro: "800000", available_micro: "500000", missing_micro: "300000" };
    const message = "0.8 LLAMA are needed, 0.5 are available, 0.3 are missing";
    const code = "insufficient_funds";
    expect((await stake()).body).toEqual({ error: { code, message, ...amounts } });
    money.ledger.heldByJobs.set(own, 400_000n);
    const holding = `${message}, 0.4 LLAMA of yours are held by running requests`;
    expect((await stake()).body).toEqual({
      error: { code, message: holding, ...amounts, held_micro: "400000" },
    });
  });

  it("collects vested earnings", async () => {
    const { wallet, token } = await money.signIn();
    money.ledger.balances.set(`vested:${wallet.id}`, 10n);
    const body = { id: randomUUID(), amount_micro: "4" };
    expect((await money.ask("POST", "/collects", { token, body })).body).toEqual({
      id: body.id,
      vested_micro: "6",
      available_micro: "4",
    });
  });

  it.each([
    [{ amount_micro: "5" }, {}, "id: is required: a UUID, the same when the request is repeated"],
    [{ id: "x", amount_micro: "5" }, {}, "id: must be a UUID"],
    [{ amount_micro: "5" }, { "idempotency-key": "x" }, "header Idempotency-Key: must be a UUID"],
    [
      { id: "00000000-0000-4000-8000-000000000000", amount_micro: "5" },
      { "idempotency-key": "00000000-0000-4000-8000-000000000001" },
      "id: is another one than the header Idempotency-Key",
    ],
    [
      { amount_micro: 5 },
      {},
      'amount_micro: must be a whole number of µLLAMA in a string, such as "1500000"',
    ],
    [{ amount_micro: "1.5" }, {}, "amount_micro: must be a whole number"],
    [{ amount_micro: "1e5" }, {}, "amount_micro: must be a whole number"],
    [{ amount_micro: "" }, {}, "amount_micro: must be a whole number"],
    [{ amount_micro: "0" }, {}, "amount_micro: must be more than 0"],
    [{ amount_micro: "-5" }, {}, "amount_micro: must be more than 0"],
    [{ amount_micro: "100000000000000001" }, {}, "amount_micro: is more than there is"],
    [{}, {}, "amount_micro: is required"],
  ])("refuses a stake of %j", async (body, headers, message) => {
    const { token } = await money.signIn();
    const stakes = money.ledger.stakes.length;
    expect(await money.ask("POST", "/stakes", { token, body, headers: { ...headers } })).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_argument", message: expect.stringContaining(message) } },
    });
    expect(money.ledger.stakes).toHaveLength(stakes);
  });

  it("answers whatever is sent to it with a refusal of its own, never with a fault", async () => {
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

  it("unstakes what a wallet signed for, without a session, once", async () => {
    const wallet = generateIdentity();
    money.ledger.balances.set(`stake:${wallet.id}`, 12n);
    const text = unstakeText(wallet.id);
    const body = { text, signature: signed(wallet, text) };
    for (let time = 0; time < 2; time += 1)
      expect(await money.ask("POST", "/unstakes", { body })).toMatchObject({
        status: 200,
        body: { amount_micro: "5", stake_micro: "7", release_at: "2026-11-22T00:00:00.000Z" },
      });
    const { token } = await money.signIn(wallet);
    expect((await money.ask("GET", "/account", { token })).body.cooling).toMatchObject({
      total_micro: "5",
      releases: [{ amount_micro: "5", release_at: "2026-11-22T00:00:00.000Z" }],
    });
    const more = unstakeText(wallet.id, { amount: "8" });
    expect(
      await money.ask("POST", "/unstakes", { body: { text: more, signature: signed(wallet, more) } }),
    ).toMatchObject({ status: 402, body: { error: { needed_micro: "8", available_micro: "7" } } });
  });

  it.each([
    ["of another network", { network: "devnet" }, 400, 'network: it is for "devnet"'],
    ["that has lapsed", { expires: "2020-01-01T00:00:00.000Z" }, 400, "expires: it lapsed"],
    ["that lies about for years", { expires: "2999-01-01T00:00:00.000Z" }, 400, "more than 24 hours ahead"],
    ["of nothing", { amount: "0" }, 400, 'amount: "0" is not a positive whole number'],
    ["of more than there is", { amount: "100000000000000001" }, 400, "is more than there is"],
    ["with another field", { to: "somebody" }, 400, "5 lines belong after the title"],
    ["of nobody", { account: "alice" }, 400, 'account: "alice" is not a wallet address'],
  ])("refuses an unstake %s", async (_what, change, status, message) => {
    const wallet = generateIdentity();
    money.ledger.balances.set(`stake:${wallet.id}`, 100n);
    const text = unstakeText(wallet.id, change);
    const answer = await money.ask("POST", "/unstakes", { body: { text, signature: signed(wallet, text) } });
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringContaining(message) } } });
    expect(money.ledger.unstakes.filter(({ owner }) => owner === wallet.id)).toEqual([]);
  });

  it("refuses an unstake that another wallet signed", async () => {
    const [owner, thief] = [generateIdentity(), generateIdentity()];
    const text = unstakeText(owner.id);
    const answer = await money.ask("POST", "/unstakes", { body: { text, signature: signed(thief, text) } });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "unauthenticated" } } });
  });

  it("hands signed withdrawals and claims to the treasury as they are, without a session", async () => {
    const wallet = generateIdentity();
    const id = randomUUID();
    const { text, body } = withdrawalOf(wallet, { id });
    expect(await money.ask("POST", "/withdrawals", { body })).toMatchObject({
      status: 200,
      body: { withdrawal: { id, state: "reserved", is_final: false, signature: null, amount_micro: "5" } },
    });
    expect(money.treasury.withdrawals.at(-1)).toMatchObject({ text });
    expect(money.treasury.withdrawals.at(-1)?.signature).toHaveLength(64);
    const order = { network: GENESIS_HASH, account: wallet.id, deposit: "s1", to: wallet.id };
    const claim = claimText({ ...order, expiresMs: Date.now() + 60_000 });
    const claimed = { text: claim, signature: signed(wallet, claim) };
    expect(await money.ask("POST", "/claims", { body: claimed })).toMatchObject({
      status: 200,
      body: { deposit: { state: "claimed" } },
    });
    expect(money.treasury.claims.at(-1)).toMatchObject({ text: claim });
  });

  it("asks the treasury nothing about a text that is none, or that nobody signed", async () => {
    const [wallet, thief] = [generateIdentity(), generateIdentity()];
    const asked = money.treasury.withdrawals.length + money.treasury.claims.length;
    const { text } = withdrawalOf(wallet);
    for (const path of ["/withdrawals", "/claims"])
      expect(
        await money.ask("POST", path, { body: { text: "pay me", signature: signed(wallet, "pay me") } }),
      ).toMatchObject({ status: 400, body: { error: { code: "invalid_argument" } } });
    expect(
      await money.ask("POST", "/withdrawals", { body: { text, signature: signed(thief, text) } }),
    ).toMatchObject({ status: 401, body: { error: { code: "unauthenticated" } } });
    expect(money.treasury.withdrawals.length + money.treasury.claims.length).toBe(asked);
  });

  it("passes on why the treasury refuses, with the amounts if it is for want of money", async () => {
    const wallet = generateIdentity();
    money.ledger.balances.set(`wallet:${wallet.id}`, 3n);
    const { body } = withdrawalOf(wallet);
    money.treasury.refusal = new FlockError("insufficient_funds", "too little");
    expect(await money.ask("POST", "/withdrawals", { body })).toMatchObject({
      status: 402,
      body: { error: { needed_micro: "5", available_micro: "3", missing_micro: "2" } },
    });
    money.ledger.held.set(`wallet:${wallet.id}`, 2n);
    money.ledger.heldByJobs.set(`wallet:${wallet.id}`, 1n);
    expect((await money.ask("POST", "/withdrawals", { body })).body.error).toMatchObject({
      message:
        "0.000005 LLAMA are needed, 0.000001 are available, 0.000004 are missing, 0.000001 LLAMA of yours are held by running requests",
      held_micro: "1",
    });
    money.treasury.refusal = new FlockError("resource_exhausted", "today's limit is reached", {
      retry: { afterMs: 90_000 },
    });
    const limited = await money.ask("POST", "/withdrawals", { body });
    expect(limited).toMatchObject({
      status: 429,
      body: {
        error: { code: "resource_exhausted", message: "today's limit is reached", retry_after_ms: 90_000 },
      },
    });
    expect(limited.headers.get("retry-after")).toBe("90");
    money.treasury.refusal = undefined;
  });

  it("shows an account its own withdrawals, and nobody else's", async () => {
    const { wallet, token } = await money.signIn();
    const [own, others] = [randomUUID(), randomUUID()];
    money.treasury.payouts.push(payoutFrom(wallet.id, own), payoutFrom("somebody", others));
    expect((await money.ask("GET", "/withdrawals", { token })).body).toMatchObject({
      withdrawals: [{ id: own, state: "posted", is_final: true, signature: "landed" }],
      next_cursor: null,
    });
    expect((await money.ask("GET", `/withdrawals/${own}`, { token })).body.withdrawal.id).toBe(own);
    for (const id of [others, randomUUID()])
      expect((await money.ask("GET", `/withdrawals/${id}`, { token })).status).toBe(404);
  });

  it("tells earnings by day and model, and their sum", async () => {
    const { wallet, token } = await money.signIn();
    const answer = await money.ask("GET", "/earnings?from=2026-10-01&to=2026-11-21", { token });
    expect(answer.body).toMatchObject({
      worker: wallet.id,
      from: "2026-10-01",
      earnings: [{ day: "2026-11-21" }, { day: "2026-10-01" }],
      total_micro: "1800",
    });
    expect(answer.body.earnings[0]).toEqual({
      day: "2026-11-21",
      model: "flock-tiny:latest",
      jobs: "3",
      prompt_tokens: "10",
      completion_tokens: "20",
      share_micro: "950",
      clawed_back_micro: "50",
    });
  });

  it("makes, lists and revokes API keys of the account, which work for inference and may read", async () => {
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

  it("makes a hundred keys of an account and no more, also when more are asked for at once", async () => {
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

  it("keeps sessions out of inference, in the words of its dialect", async () => {
    const { token } = await money.signIn();
    const response = await fetch(`${money.apis[0].baseUrl}/api/tags`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({
      error: "unauthorized: a session is not an API key, but can make one",
    });
  });

  it("lets nobody see an account without a session or key", async () => {
    for (const token of [undefined, "fls_nonsense", `fls_${"1".repeat(43)}`, `flk_${"1".repeat(43)}`])
      expect(
        (await money.ask("GET", "/account", token === undefined ? {} : { token })).body.error,
      ).toMatchObject({ code: "unauthenticated" });
    expect((await money.ask("GET", "/nothing")).body.error).toMatchObject({ code: "unauthenticated" });
  });

  it("shows keys of accounts without a wallet what they may see, too", async () => {
    const { apiKey } = await call(money.mesh, API_KEY_METHODS.create, {
      version: PROTOCOL_VERSION,
      accountId: "alice",
      label: "",
    });
    expect((await money.ask("GET", "/account", { token: apiKey })).body.account).toBe("alice");
  });

  it("tells everybody of the network, and of new parameters as soon as they are in force", async () => {
    const { body } = await money.ask("GET", "/network");
    expect(body).toMatchObject({
      chain: "solana",
      genesis_hash: GENESIS_HASH,
      mint: "mint",
      treasury_address: "treasury",
      treasury_token_account: "token-account",
      parameters: { version: 1, values: { epochSeconds: 86_400, depositMinMicro: expect.any(String) } },
    });
    const bucket = await openBucket(money.mesh, BUCKETS.params);
    await bucket.put(PARAMS_CURRENT_KEY, encodeParameters(LOCAL_PARAMETERS));
    const epochSeconds = async () =>
      (await money.ask("GET", "/network", { api: 1 })).body.parameters.values.epochSeconds;
    await eventually("an epoch is a minute", async () => (await epochSeconds()) === 60);
    await bucket.put(PARAMS_CURRENT_KEY, '{"version": 2, "values": {"epochSeconds": 1}}');
    await bucket.put(
      PARAMS_CURRENT_KEY,
      encodeParameters({ version: 3, values: { ...LOCAL_PARAMETERS.values, epochSeconds: 61 } }),
    );
    const seen = new Set<number>();
    await eventually("an epoch is 61 seconds", async () => seen.add(await epochSeconds()).has(61));
    expect(seen).not.toContain(1);
  });

  it("tells everybody of epochs", async () => {
    expect((await money.ask("GET", "/epochs?limit=2")).body).toMatchObject({
      epochs: [{ number: 2, state: "open", statement_root: null }, { number: 1 }],
      next_cursor: "1",
    });
    expect((await money.ask("GET", "/epochs/0")).body).toEqual({
      number: 0,
      state: "anchored",
      starts_at: "2026-11-22T00:00:00.000Z",
      ends_at: "2026-11-22T00:01:00.000Z",
      closes_at: "2026-11-22T00:02:00.000Z",
      parameters_version: 1,
      statement_root: "ab".repeat(32),
      statement_lines: 7,
      anchor_signature: "anchor",
    });
    expect((await money.ask("GET", "/epochs/2")).body.number).toBe(2);
    expect((await money.ask("GET", "/epochs/3")).status).toBe(404);
    expect((await money.ask("GET", "/epochs/-1")).body.error.message).toBe(
      "number: must be an epoch's number, from 0",
    );
  });

  it("streams a statement, asking for no more than the client takes", async () => {
    const line = `${"x".repeat(1_023)}`;
    const portions = 200;
    money.ledger.statement = Array.from({ length: portions }, () => Array(64).fill(line));
    money.ledger.statementCalls = 0;
    const slow = await fetch(`${money.apis[0].baseUrl}/flock/v1/epochs/0/statement`);
    expect(slow.headers.get("content-type")).toContain("application/x-ndjson");
    const reader = slow.body?.getReader();
    await reader?.read();
    let calls = -1;
    const callsBefore = () => {
      const before = calls;
      calls = money.ledger.statementCalls;
      return before;
    };
    // What the sockets take, and little more.
    await eventually("what lies between is full", () => callsBefore() === money.ledger.statementCalls, {
      intervalMs: 300,
    });
    expect(calls).toBeLessThan(portions);
    let bytes = 0;
    await reader?.cancel();
    const whole = await fetch(`${money.apis[1].baseUrl}/flock/v1/epochs/0/statement`);
    for await (const chunk of whole.body ?? []) bytes += chunk.length;
    expect(bytes).toBe(portions * 64 * 1_024);
  });

  it("refuses the statement of an epoch that is open, or none, and breaks one that cannot be read on", async () => {
    expect((await money.ask("GET", "/epochs/1/statement")).body.error).toMatchObject({
      code: "failed_precondition",
    });
    expect((await money.ask("GET", "/epochs/9/statement")).status).toBe(404);
    money.ledger.statement = [["a"], ["b"]];
    const entire = await money.ask("GET", "/epochs/0/statement");
    expect(entire.body).toBe("a\nb\n");
    const portions: (readonly string[])[] = [["a"], ["b"]];
    money.ledger.statement = new Proxy(portions, {
      get: (target, name) => (name === "1" ? undefined : Reflect.get(target, name)),
    });
    await expect(money.ask("GET", "/epochs/0/statement")).rejects.toThrow();
  });

  it("proves reserves, asking the treasury once for all who ask at the same time", async () => {
    const calls = money.treasury.reservesCalls;
    const answers = await Promise.all(Array.from({ length: 20 }, () => money.ask("GET", "/reserves")));
    expect(money.treasury.reservesCalls - calls).toBe(1);
    expect(answers[0]?.body).toMatchObject({
      statement: "FlockOllamas reserves",
      signer: "treasury",
      on_chain_micro: "100000000000000000",
      ledger_position: "3",
      ledger_hash: "cd".repeat(32),
      liabilities: [{ kind: "wallet", sum_micro: "5" }],
      uncredited_micro: "1",
    });
  });

  it("says which part is away, without its inner names", async () => {
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

  it("answers other methods and paths in its own words", async () => {
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
