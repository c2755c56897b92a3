import { randomUUID } from "node:crypto";
import { earnedOn } from "./fake-ledger.js";
import { depositFrom, GENESIS_HASH, payoutFrom } from "./fake-treasury.js";
import { MoneyApi } from "./money-api.js";

describe("what an account is told of its money", () => {
  let money: MoneyApi;

  beforeAll(async () => {
    money = await MoneyApi.start();
  }, 120_000);
  afterAll(async () => money?.stop());

  it("an account has nothing at first, and the limits of the lowest tier", async () => {
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

  it("an account is told exactly what it has", async () => {
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

  it("a statement is told in pages", async () => {
    const { wallet, token } = await money.signIn();
    money.ledger.give(wallet.id, 7n);
    money.ledger.give(wallet.id, 10_000_000_000_000_001n);
    const [older, newer] = money.ledger.transfers.slice(-2);
    const first = await money.ask("GET", "/statement?limit=1", { token });
    expect(first.body).toEqual({
      ledger_account: `wallet:${wallet.id}`,
      next_cursor: String(newer?.sequence),
      transfers: [
        {
          id: newer?.transferId,
          kind: "grant",
          phase: "single",
          debit: "pool:dev",
          credit: `wallet:${wallet.id}`,
          amount_micro: "10000000000000001",
          business_id: newer?.businessId,
          sequence: String(newer?.sequence),
          created_at: "2026-11-22T00:00:00.000Z",
        },
      ],
    });
    const second = await money.ask("GET", `/statement?account=wallet&cursor=${newer?.sequence}`, { token });
    expect(second.body).toMatchObject({ next_cursor: null, transfers: [{ id: older?.transferId }] });
    expect((await money.ask("GET", "/statement?account=vested", { token })).body).toEqual({
      ledger_account: `vested:${wallet.id}`,
      next_cursor: null,
      transfers: [],
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
  ])("the api refuses %s", async (path, message) => {
    const { token } = await money.signIn();
    expect(await money.ask("GET", path, { token })).toMatchObject({
      status: 400,
      body: { error: { message } },
    });
  });

  it("an account is told how to deposit, and what arrived", async () => {
    const { wallet, token } = await money.signIn();
    expect((await money.ask("GET", "/deposit", { token })).body).toEqual({
      network: GENESIS_HASH,
      mint: money.treasury.mint,
      address: money.treasury.address,
      token_account: money.treasury.tokenAccount,
      memo: `flock:${wallet.id}`,
      reference: expect.stringMatching(/^[1-9A-HJ-NP-Za-km-z]{32,44}$/),
      url: expect.stringMatching(/^solana:/),
      deposit_min_micro: "10000",
    });
    const changes = { reason: "unknown_account", named: "alise" };
    money.treasury.deposits.push(
      depositFrom(wallet.id, wallet.id, { signature: "s1", sender: "" }),
      depositFrom(wallet.id, "", changes),
    );
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

  it("an account sees its own withdrawals, and nobody else's", async () => {
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

  it("an account is told what its workers earned by day, model and worker, and the sum", async () => {
    const { wallet, token } = await money.signIn();
    // More days than the ledger tells at once, also outside of what is asked for.
    const newestMs = Date.parse("2026-11-22");
    const days = Array.from({ length: 60 }, (_, day) => new Date(newestMs - day * 86_400_000));
    const rows = days.map((day) => earnedOn(day.toISOString().slice(0, 10)));
    money.ledger.earnings.set(wallet.id, rows);
    const answer = await money.ask("GET", "/earnings?from=2026-10-01&to=2026-11-21", { token });
    expect(answer.body).toMatchObject({ worker: wallet.id, from: "2026-10-01", total_micro: "46800" });
    const told = answer.body.earnings.map(({ day }: { day: string }) => day);
    expect([told.length, told[0], told.at(-1)]).toEqual([52, "2026-11-21", "2026-10-01"]);
    expect(answer.body.earnings[0]).toEqual({
      day: "2026-11-21",
      model: "flock-tiny:latest",
      worker_id: "worker",
      jobs: "3",
      prompt_tokens: "10",
      completion_tokens: "20",
      share_micro: "950",
      clawed_back_micro: "50",
    });
    const range = "from=2026-10-01&to=2026-11-21";
    const others = await money.ask("GET", `/earnings?${range}&worker=another`, { token });
    expect(others.body).toMatchObject({ earnings: [], total_micro: "0", is_cut: false });
    expect((await money.ask("GET", "/earnings?worker=a.b", { token })).status).toBe(400);
  });

  it("an account is told what has become of its earnings, and when the rest vests", async () => {
    const { wallet, token } = await money.signIn();
    money.ledger.balances.set(`earnings:${wallet.id}`, 300n);
    money.ledger.balances.set(`vested:${wallet.id}`, 1_000n);
    const collect = { id: randomUUID(), amount_micro: "400" };
    expect((await money.ask("POST", "/collects", { token, body: collect })).status).toBe(200);
    expect((await money.ask("GET", "/earnings", { token })).body).toMatchObject({
      vesting: [{ epoch: 2, amount_micro: "300", vests_at: "2026-11-22T00:00:00.000Z" }],
      totals: {
        earned_micro: "1300",
        emission_micro: "0",
        clawed_back_micro: "0",
        vesting_micro: "300",
        vested_micro: "600",
        collected_micro: "400",
        paid_micro: "0",
      },
    });
  });

  it("earnings of more rows than are told at once are cut, which is said", async () => {
    const { wallet, token } = await money.signIn();
    const dayOf = (row: number) => new Date(Date.parse("2026-11-22") - Math.floor(row / 101) * 86_400_000);
    const rows = Array.from({ length: 10_001 }, (_, row) => ({
      ...earnedOn(dayOf(row).toISOString().slice(0, 10)),
      doneBy: `worker-${row % 101}`,
    }));
    money.ledger.earnings.set(wallet.id, rows.slice(0, 10_000));
    const asked = "/earnings?from=2026-01-01&to=2026-11-22";
    expect((await money.ask("GET", asked, { token })).body).toMatchObject({ is_cut: false });
    money.ledger.earnings.set(wallet.id, rows);
    const { earnings, is_cut } = (await money.ask("GET", asked, { token })).body;
    expect([earnings.length, is_cut]).toEqual([10_000, true]);
  });
});
