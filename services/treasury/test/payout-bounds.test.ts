import { Fees } from "../src/chain/fees.js";
import { BatchSigner } from "../src/payouts/batch-signer.js";
import { signature } from "./ledger-contract/ledger-under-contract.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

/* What keeps payouts from being signed, sent or posted, and what the database keeps from happening at all. */

let bench: TestBench;
let test: TestTreasury;

beforeAll(async () => {
  bench = await TestBench.start();
});
beforeEach(async () => {
  test = await bench.treasury();
});
afterEach(async () => {
  await bench.both((controls) => controls.clearFaults());
  await test.close();
});
afterAll(() => bench.stop());

const wallets = (count: number): TestWallet[] => Array.from({ length: count }, () => test.wallet());

describe("what bounds payouts", () => {
  it("a payout that exceeds the day's limit waits, and one that is signed twice counts once", async () => {
    await test.close();
    test = await bench.treasury({ payoutDailyMax: llama(10) });
    const [first, second] = wallets(2);
    const ids = [
      await test.request(first?.address ?? "", llama(6)),
      await test.request(second?.address ?? "", llama(6)),
    ];
    await test.sign();
    await test.expire();
    await test.payAll();
    const states = await Promise.all(ids.map(async (id) => (await test.payout(id)).state));
    expect(states).toEqual(["posted", "reserved"]);
    await test.expectReconciled();
  });

  it("the treasury signs nothing while payouts are paused, by an operator or by the parameters", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(3));
    test.limits.current = { ...test.limits.current, arePayoutsPaused: true };
    await test.sign();
    test.limits.current = { ...test.limits.current, arePayoutsPaused: false };
    await test.pause();
    await test.sign();
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    await test.liftAll();
    await test.payAll();
    await test.expectPaidOnce(id, wallet, 3n * LLAMA);
  });

  it("the treasury signs nothing while SOL does not suffice for fees and new accounts, and says so", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.keepBooks();
    const fees = new Fees(test.treasury, { priceMax: 0n, lamportsMin: 10n ** 15n });
    await new BatchSigner(test.treasury, fees, { collectMs: 0 }).round();
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    expect(test.logged.join()).toContain("SOL does not suffice for payouts");
    await test.payAll();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
  });

  it("the treasury waits for more payouts before it signs for a few", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.keepBooks();
    const fees = new Fees(test.treasury, { priceMax: 0n, lamportsMin: 0n });
    const patient = new BatchSigner(test.treasury, fees, { collectMs: 60_000 });
    await patient.round();
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    for (const { address } of wallets(9)) await test.request(address, llama(1));
    await test.keepBooks();
    await patient.round();
    expect(await test.batches()).toMatchObject([{ state: "signed", payouts: 9n }]);
  });

  it("the treasury sends nothing again while payouts are halted", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.sign();
    await test.halt("for the test");
    await test.send();
    expect(await test.batches()).toMatchObject([{ state: "signed" }]);
    await test.liftAll();
    await test.send();
    await test.finalize();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
  });

  it("the database never lets a payout be in two live batches, whatever the code does", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.sign();
    const { pool } = test.treasury.db;
    await pool.query(
      `INSERT INTO batches (id, purpose, signature, raw, blockhash, last_valid_block_height, min_context_slot, memo, history_address, total_micro)
       SELECT 'second', purpose, 'another', raw, blockhash, last_valid_block_height, min_context_slot, memo, history_address, total_micro FROM batches`,
    );
    const insert = `INSERT INTO batch_payouts (batch_id, payout_id, position) VALUES ('second', '${id}', 0)`;
    await expect(pool.query(insert)).rejects.toMatchObject({ constraint: "batch_payouts_one_live" });
    await expect(pool.query("UPDATE batch_payouts SET is_live = false")).rejects.toMatchObject({
      code: "FT000",
    });
    await expect(pool.query("UPDATE payouts SET state = 'requested'")).rejects.toMatchObject({
      code: "FT002",
    });
    await expect(pool.query("UPDATE payouts SET amount_micro = 1")).rejects.toMatchObject({ code: "FT001" });
    await expect(pool.query("DELETE FROM payouts")).rejects.toMatchObject({ code: "FT000" });
  });
});

describe("the ledger", () => {
  it("a ledger that is away delays payouts, and loses none", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(3));
    test.ledger.isAway = true;
    await expect(test.sign()).rejects.toMatchObject({ code: "unavailable" });
    test.ledger.isAway = false;
    await test.sign();
    await test.send();
    await bench.chain.controls.advanceSlots(40);
    test.ledger.isAway = true;
    await expect(test.learn()).rejects.toMatchObject({ code: "unavailable" });
    expect(await test.payout(id)).toMatchObject({ state: "paid" });
    test.ledger.isAway = false;
    await test.keepBooks();
    await test.expectPaidOnce(id, wallet, 3n * LLAMA);
  });

  it("a ledger that differs from the chain halts payouts", async () => {
    test.ledger.balances.set("external:solana", test.ledger.balance("external:solana") + 1n);
    await test.reconciler.round();
    expect(await test.stops()).toMatchObject([
      { kind: "halt", subject: "books", reason: "the ledger and the chain differ by -0.000001 LLAMA" },
    ]);
  });

  it("a ledger that refuses to post what was paid halts payouts", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.sign();
    await test.ledger.voidPayout(id);
    await test.send();
    await test.finalize();
    expect(await test.payout(id)).toMatchObject({ state: "paid" });
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "ledger" }]);
  });

  it("a ledger that knows a requested payout as posted halts payouts: our database is older than the books", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.ledger.reservePayout(id, (await test.payout(id)).ledgerAccount, llama(3));
    await test.ledger.postPayout(id, signature());
    await test.keepBooks();
    expect(await test.payout(id)).toMatchObject({ state: "refused" });
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "ledger" }]);
  });
});
