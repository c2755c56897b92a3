import { randomUUID } from "node:crypto";
import { generateIdentity, type Identity } from "@flock/keys";
import { microLlama } from "@flock/money";
import { claimText, unstakeText, withdrawalText } from "@flock/orders";
import { MoneyApi, signed } from "./money-api.js";

/** The api of a network without a chain. */
const CHAINLESS = 0;
/** One that has been told of a chain, on the same mesh. */
const USUAL = 1;

describe("a network without a chain", () => {
  let money: MoneyApi;
  beforeAll(async () => {
    money = await MoneyApi.start([{ API_CHAIN: "none" }, {}]);
  }, 120_000);
  afterAll(async () => money?.stop());

  const signedBy = (wallet: Identity, text: string) => ({ text, signature: signed(wallet, text) });
  const refusal = {
    status: 400,
    body: {
      error: {
        code: "failed_precondition",
        message: expect.stringContaining("this network runs without a chain"),
      },
    },
  };

  it("tells its parameters, and that it has no chain, where others need their treasury for an answer", async () => {
    await money.withoutServices(async () => {
      expect(await money.ask("GET", "/network", { api: CHAINLESS })).toMatchObject({
        status: 200,
        body: {
          chain: null,
          genesis_hash: null,
          mint: null,
          treasury_address: null,
          treasury_token_account: null,
          parameters: { version: 1, values: { epochSeconds: 86_400 } },
        },
      });
      expect((await money.ask("GET", "/network", { api: USUAL })).body.error).toMatchObject({
        code: "unavailable",
        message: "the treasury cannot be reached at the moment, please try again",
      });
    });
  });

  it.each(["/deposit", "/deposits", "/withdrawals", `/withdrawals/${randomUUID()}`, "/reserves"])(
    "refuses GET %s, saying why",
    async (path) => {
      const { token } = await money.signIn();
      expect(await money.ask("GET", path, { token, api: CHAINLESS })).toMatchObject(refusal);
    },
  );

  it("refuses every signed text, whatever network it names: it would be good on the next such network", async () => {
    const wallet = generateIdentity();
    money.ledger.balances.set(`stake:${wallet.id}`, 5n);
    const common = { account: wallet.id, expiresMs: Date.now() + 60_000 };
    const amount = microLlama(5n);
    for (const network of ["", "none", "null"]) {
      const texts = {
        "/unstakes": unstakeText({ ...common, network, amount, id: randomUUID() }),
        "/withdrawals": withdrawalText({ ...common, network, amount, to: wallet.id, id: randomUUID() }),
        "/claims": claimText({ ...common, network, deposit: "s1", to: wallet.id }),
      };
      for (const [path, text] of Object.entries(texts))
        expect(await money.ask("POST", path, { body: signedBy(wallet, text), api: CHAINLESS })).toMatchObject(
          refusal,
        );
    }
    expect(money.ledger.unstakes).toEqual([]);
    expect(money.treasury.withdrawals).toEqual([]);
    expect(money.treasury.claims).toEqual([]);
  });

  it("has accounts, stakes and epochs all the same", async () => {
    const { wallet, token } = await money.signIn();
    money.ledger.balances.set(`wallet:${wallet.id}`, 10n);
    const body = { id: randomUUID(), amount_micro: "4" };
    expect(await money.ask("POST", "/stakes", { token, body, api: CHAINLESS })).toMatchObject({
      status: 200,
      body: { stake_micro: "4", available_micro: "6" },
    });
    for (const path of ["/account", "/statement", "/earnings", "/keys", "/epochs"])
      expect([path, (await money.ask("GET", path, { token, api: CHAINLESS })).status]).toEqual([path, 200]);
  });
});
