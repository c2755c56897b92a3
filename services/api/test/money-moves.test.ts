import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import { generateIdentity, type Identity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { claimText, withdrawalText } from "@flock/orders";
import { depositFrom, GENESIS_HASH } from "./fake-treasury.js";
import { MoneyApi, signed } from "./money-api.js";

describe("orders that move money", () => {
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

  it("a stake is made once per id, in the body or in the header, and says what is there", async () => {
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

  it("a request for more money than there is gets 402, and is told exactly what is missing", async () => {
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

  it("a refusal for want of money says what running requests hold, and nothing of that when they hold nothing", async () => {
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

  it("a worker collects vested earnings", async () => {
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
  ])("the api refuses a stake of %j", async (body, headers, message) => {
    const { token } = await money.signIn();
    const stakes = money.ledger.stakes.length;
    expect(await money.ask("POST", "/stakes", { token, body, headers: { ...headers } })).toMatchObject({
      status: 400,
      body: { error: { code: "invalid_argument", message: expect.stringContaining(message) } },
    });
    expect(money.ledger.stakes).toHaveLength(stakes);
  });

  it("a wallet unstakes by a text that it signed, without a session, once", async () => {
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
    for (const { owner, requestId } of money.ledger.unstakes)
      if (owner === wallet.id) money.ledger.released.add(requestId);
    expect((await money.ask("GET", "/account", { token })).body.cooling.releases).toEqual([]);
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
  ])("the api refuses an unstake %s", async (_what, change, status, message) => {
    const wallet = generateIdentity();
    money.ledger.balances.set(`stake:${wallet.id}`, 100n);
    const text = unstakeText(wallet.id, change);
    const answer = await money.ask("POST", "/unstakes", { body: { text, signature: signed(wallet, text) } });
    expect(answer).toMatchObject({ status, body: { error: { message: expect.stringContaining(message) } } });
    expect(money.ledger.unstakes.filter(({ owner }) => owner === wallet.id)).toEqual([]);
  });

  it("the api refuses an unstake that another wallet signed", async () => {
    const [owner, thief] = [generateIdentity(), generateIdentity()];
    const text = unstakeText(owner.id);
    const answer = await money.ask("POST", "/unstakes", { body: { text, signature: signed(thief, text) } });
    expect(answer).toMatchObject({ status: 401, body: { error: { code: "unauthenticated" } } });
  });

  it("the api hands signed withdrawals and claims to the treasury as they are, without a session", async () => {
    const wallet = generateIdentity();
    const id = randomUUID();
    const { text, body } = withdrawalOf(wallet, { id });
    expect(await money.ask("POST", "/withdrawals", { body })).toMatchObject({
      status: 200,
      body: { withdrawal: { id, state: "reserved", is_final: false, signature: null, amount_micro: "5" } },
    });
    expect(money.treasury.withdrawals.at(-1)).toMatchObject({ text });
    expect(money.treasury.withdrawals.at(-1)?.signature).toHaveLength(64);
    const suspended = depositFrom(wallet.id, "");
    money.treasury.deposits.push(suspended);
    const order = { network: GENESIS_HASH, account: wallet.id, deposit: suspended.signature, to: wallet.id };
    const claim = claimText({ ...order, expiresMs: Date.now() + 60_000 });
    const claimed = { text: claim, signature: signed(wallet, claim) };
    expect(await money.ask("POST", "/claims", { body: claimed })).toMatchObject({
      status: 200,
      body: { deposit: { state: "claimed" } },
    });
    expect(money.treasury.claims.at(-1)).toMatchObject({ text: claim });
  });

  it("the api asks the treasury nothing about a text that is no order, or that nobody signed", async () => {
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

  it("the api passes on why the treasury refuses, with the amounts if it is for want of money", async () => {
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
});
