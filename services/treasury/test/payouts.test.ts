import { generateIdentity } from "@flock/keys";
import { PublicKey } from "@solana/web3.js";
import { Fees } from "../src/chain/fees.js";
import { BatchSigner } from "../src/payouts/batch-signer.js";
import { keylessAddress } from "./misspelt.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

let bench: TestBench;
let test: TestTreasury;

beforeAll(async () => {
  bench = await TestBench.start();
});
beforeEach(async () => {
  test = await bench.treasury();
});
afterEach(async () => {
  await Promise.all(bench.chain.nodes.map(({ controls }) => controls.clearFaults()));
  await test.close();
});
afterAll(() => bench.stop());

const wallets = (count: number): TestWallet[] => Array.from({ length: count }, () => test.wallet());

async function batches(): Promise<{ id: string; state: string; bytes: number; payouts: bigint }[]> {
  const { rows } = await test.treasury.db.pool.query(
    `SELECT b.id, b.state, length(b.raw) AS bytes, (SELECT count(*) FROM batch_payouts WHERE batch_id = b.id) AS payouts
       FROM batches b ORDER BY b.created_at, b.id`,
  );
  return rows;
}

describe("payouts", () => {
  it("arrive on chain and are posted, in batches filled to nine tenths of what a transaction may have", async () => {
    const recipients = wallets(27);
    const ids = [];
    for (const [index, { address }] of recipients.entries())
      ids.push(await test.request(address, llama(index + 1)));
    await test.payAll();
    for (const [index, wallet] of recipients.entries()) {
      expect(await wallet.balance()).toBe(BigInt(index + 1) * LLAMA);
      expect(await test.payout(ids[index] ?? "")).toMatchObject({ state: "posted" });
    }
    const made = await batches();
    expect(made.slice(0, -1).every(({ bytes }) => bytes >= 0.9 * 1_232)).toBe(true);
    await test.expectReconciled();

    // Everybody has a token account by now, so that more of them fit.
    for (const { address } of recipients) await test.request(address, llama(1));
    await test.payAll();
    const later = (await batches()).slice(made.length);
    expect(later.slice(0, -1).every(({ bytes }) => bytes >= 0.9 * 1_232)).toBe(true);
    expect(Math.max(...later.map(({ payouts }) => Number(payouts)))).toBeGreaterThanOrEqual(17);
    await test.expectReconciled();
  });
});

/** Both nodes, for faults that must not be healed by the other one. */
const both = <T>(fault: (controls: TestBench["chain"]["controls"]) => Promise<T>) =>
  Promise.all(bench.chain.nodes.map(({ controls }) => fault(controls)));

async function paidOnce(id: string, wallet: TestWallet, amount: bigint): Promise<void> {
  expect(await test.payout(id)).toMatchObject({ state: "posted" });
  expect(await wallet.balance()).toBe(amount);
  await test.expectReconciled();
}

describe("a transaction that does not land", () => {
  it("is sent again, the very same bytes, and lands once", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await both((controls) => controls.drop({ times: 2 }));
    await test.send();
    await test.finalize();
    expect(await test.payout(id)).toMatchObject({ state: "batched" });
    for (let times = 0; times < 3; times++) await test.send();
    await test.finalize();
    expect(await batches()).toMatchObject([{ state: "finalized" }]);
    await paidOnce(id, wallet, 5n * LLAMA);
  });

  it("is signed anew when it has expired for certain", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await both((controls) => controls.drop({ times: 1 }));
    await test.send();
    await test.expire();
    expect(await batches()).toMatchObject([{ state: "expired" }]);
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    await test.payAll();
    expect((await batches()).map(({ state }) => state).sort()).toEqual(["expired", "finalized"]);
    await paidOnce(id, wallet, 5n * LLAMA);
  });

  it("is not signed anew while one endpoint is away, or lags behind its expiry", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    const second = bench.chain.nodes[1]?.controls;
    await second?.fail({ failure: { kind: "http", status: 503 }, times: 1_000 });
    await test.expire();
    expect(await batches()).toMatchObject([{ state: "signed" }]);
    await second?.clearFaults();
    await second?.lag(250);
    await test.learn();
    expect(await batches()).toMatchObject([{ state: "signed" }]);
    await second?.lag(0);
    await test.learn();
    expect(await batches()).toMatchObject([{ state: "expired" }]);
    await test.payAll();
    await paidOnce(id, wallet, 5n * LLAMA);
  });

  it("is not taken for landed before it is finalized, and lands on the other fork when it is sent again", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await both((controls) => controls.fork({ afterSlots: 10 }));
    await test.send();
    await bench.chain.controls.advanceSlots(5);
    await test.learn();
    expect(await wallet.balance()).toBe(5n * LLAMA);
    expect(await test.payout(id)).toMatchObject({ state: "batched" });
    await bench.chain.controls.advanceSlots(10);
    expect(await wallet.balance()).toBe(0n);
    await both((controls) => controls.clearFaults());
    await test.send();
    await test.finalize();
    await paidOnce(id, wallet, 5n * LLAMA);
  });
});

describe("endpoints that say not found of what has landed", () => {
  it("are not believed while the account's history knows it: payouts halt, and go on when they are lifted", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await test.send();
    await both((controls) => controls.hide({ methods: ["getSignatureStatuses"], times: 1_000 }));
    await test.expire();
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "batch" }]);
    expect(test.logged.join()).toContain("payouts are halted");
    expect(await batches()).toMatchObject([{ state: "sent" }]);

    const other = await test.request(test.wallet().address, llama(1));
    await test.sign();
    expect(await test.payout(other)).toMatchObject({ state: "reserved" });
    await both((controls) => controls.clearFaults());
    await test.learn();
    // Watched all the same, and posted: it moves no money.
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
    expect(await test.stops()).toHaveLength(1);
    await test.liftAll();
    await test.payAll();
    expect(await test.payout(other)).toMatchObject({ state: "posted" });
    await paidOnce(id, wallet, 5n * LLAMA);
  });

  it("do no harm when one of them is honest", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await test.send();
    await bench.chain.controls.hide({ times: 1_000 });
    await test.expire();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
    await bench.chain.controls.clearFaults();
    await test.scan();
    await paidOnce(id, wallet, 5n * LLAMA);
  });

  it("that hide it in the history as well are found out by the balance", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await test.send();
    await both((controls) => controls.hide({ times: 100_000 }));
    await bench.chain.controls.advanceSlots(40);
    for (let round = 0; round < 3; round++) await test.reconciler.round();
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "holdings" }]);
    await both((controls) => controls.clearFaults());
    await test.liftAll();
    await test.learn();
    await paidOnce(id, wallet, 5n * LLAMA);
  });
});

describe("a recipient that cannot be paid", () => {
  it("is found by bisecting when the batch fails on chain, is given back with a reason, and all others are paid", async () => {
    const recipients = wallets(9);
    const poison = test.wallet();
    await poison.fund();
    const ids = [];
    for (const { address } of recipients) ids.push(await test.request(address, llama(3)));
    const poisoned = await test.request(poison.address, llama(3));
    await test.sign();
    // After it was signed for: the account that the batch is to make belongs to somebody else.
    await poison.openTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    await poison.giveTokenAccountTo(new PublicKey(generateIdentity().id));
    await bench.chain.controls.advanceSlots(1);
    for (let round = 0; round < 6; round++) await test.payAll();
    for (const [index, wallet] of recipients.entries()) {
      expect(await test.payout(ids[index] ?? "")).toMatchObject({ state: "posted" });
      expect(await wallet.balance()).toBe(3n * LLAMA);
    }
    const { state, reason } = await test.payout(poisoned);
    expect(state).toBe("voided");
    expect(reason).toContain("was given to");
    expect(test.ledger.available(`vested:${poison.address}`)).toBe(3n * LLAMA);
    expect((await batches()).map(({ state }) => state)).toContain("failed");
    await test.expectReconciled();
  });

  it("whose token account was closed meanwhile gets a new one", async () => {
    const [wallet, other] = [test.wallet(), test.wallet()];
    await wallet.fund();
    await wallet.openTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    const ids = [await test.request(wallet.address, llama(3)), await test.request(other.address, llama(3))];
    await test.sign();
    await wallet.closeTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    for (let round = 0; round < 3; round++) await test.payAll();
    for (const id of ids) expect(await test.payout(id)).toMatchObject({ state: "posted" });
    expect([await wallet.balance(), await other.balance()]).toEqual([3n * LLAMA, 3n * LLAMA]);
    await test.expectReconciled();
  });

  it("is given back before anything is signed, when that is known", async () => {
    const wallet = test.wallet();
    await wallet.fund();
    await wallet.openTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    await wallet.giveTokenAccountTo(new PublicKey(generateIdentity().id));
    await bench.chain.controls.advanceSlots(10);
    const id = await test.request(wallet.address, llama(3));
    await test.sign();
    await test.keepBooks();
    expect(await test.payout(id)).toMatchObject({ state: "voided", signature: "" });
    expect(await batches()).toEqual([]);
  });
});

describe("what bounds payouts", () => {
  it("keeps what exceeds the day's limit waiting, and counts what is signed twice once", async () => {
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

  it("signs nothing while payouts are paused, by an operator or by the parameters", async () => {
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
    await paidOnce(id, wallet, 3n * LLAMA);
  });

  it("signs nothing while SOL does not suffice for fees and new accounts, and says so", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.keepBooks();
    const fees = new Fees(test.treasury, { priceMax: 0n, lamportsMin: 10n ** 15n });
    await new BatchSigner(test.treasury, fees, { collectMs: 0 }).round();
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    expect(test.logged.join()).toContain("SOL does not suffice for payouts");
    await test.payAll();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
  });

  it("waits for company before it signs for a few", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.keepBooks();
    const fees = new Fees(test.treasury, { priceMax: 0n, lamportsMin: 0n });
    const patient = new BatchSigner(test.treasury, fees, { collectMs: 60_000 });
    await patient.round();
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    for (const { address } of wallets(9)) await test.request(address, llama(1));
    await test.keepBooks();
    await patient.round();
    expect(await batches()).toMatchObject([{ state: "signed", payouts: 9n }]);
  });

  it("sends nothing again while payouts are halted", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.sign();
    await test.halt("for the test");
    await test.send();
    expect(await batches()).toMatchObject([{ state: "signed" }]);
    await test.liftAll();
    await test.send();
    await test.finalize();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
  });

  it("never lets a payout be in two live batches, whatever the code does", async () => {
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
  it("that is away delays payouts, and loses none", async () => {
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
    await paidOnce(id, wallet, 3n * LLAMA);
  });

  it("that differs from the chain halts payouts", async () => {
    test.ledger.balances.set("external:solana", test.ledger.balance("external:solana") + 1n);
    await test.reconciler.round();
    expect(await test.stops()).toMatchObject([
      { kind: "halt", subject: "books", reason: "the ledger and the chain differ by -0.000001 LLAMA" },
    ]);
  });

  it("that refuses to post what was paid halts payouts", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.sign();
    await test.ledger.voidPayout(id);
    await test.send();
    await test.finalize();
    expect(await test.payout(id)).toMatchObject({ state: "paid" });
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "ledger" }]);
  });

  it("that knows a requested payout as posted halts payouts: our database is older than the books", async () => {
    const id = await test.request(test.wallet().address, llama(3));
    await test.ledger.reservePayout(id, (await test.payout(id)).ledgerAccount, llama(3));
    await test.ledger.postPayout(id, "signature");
    await test.keepBooks();
    expect(await test.payout(id)).toMatchObject({ state: "refused" });
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "ledger" }]);
  });
});

describe("epochs", () => {
  it("are anchored by a memo, once, whatever is lost on the way, and the ledger is told", async () => {
    const root = new Uint8Array(32).fill(7);
    test.ledger.closed = [{ epoch: 3n, root }];
    await both((controls) => controls.drop({ times: 1 }));
    await test.anchorer.round();
    await test.anchorer.round();
    await test.send();
    await test.expire();
    await test.anchorer.round();
    await test.send();
    await test.finalize();
    await test.anchorer.round();
    await test.anchorer.round();
    const made = await test.treasury.db.kysely
      .selectFrom("batches")
      .select(["state", "signature", "memo"])
      .orderBy("created_at")
      .execute();
    expect(made.map(({ state }) => state)).toEqual(["expired", "finalized"]);
    expect(made[1]?.memo).toBe(`flock:epoch:3:${"07".repeat(32)}`);
    expect(test.ledger.anchored.get(3n)).toBe(made[1]?.signature);
    await test.expectReconciled();
  });

  it("pay every worker above the threshold once, and leave out who cannot be paid", async () => {
    const workers = wallets(5);
    for (const { address } of workers) test.ledger.give(`vested:${address}`, 20n * LLAMA);
    test.ledger.give("vested:not-a-key", 20n * LLAMA);
    test.ledger.give(`vested:${test.wallet().address}`, 9n * LLAMA);
    test.ledger.newestClosed = 4n;
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    for (const worker of workers) expect(await worker.balance()).toBe(20n * LLAMA);
    for (const { address } of workers) test.ledger.give(`vested:${address}`, 20n * LLAMA);
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    for (const worker of workers) expect(await worker.balance()).toBe(20n * LLAMA);
    test.ledger.newestClosed = 5n;
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    for (const worker of workers) expect(await worker.balance()).toBe(40n * LLAMA);
    expect(test.ledger.balance("vested:not-a-key")).toBe(20n * LLAMA);
    await test.expectReconciled();
  });

  const KEYLESS = [
    "SysvarRent111111111111111111111111111111111",
    "11111111111111111111111111111111",
    "1nc1nerator11111111111111111111111111111111",
    keylessAddress(),
  ];

  it("pay no worker whose address no key can spend from: its earnings stay vested", async () => {
    for (const address of KEYLESS) test.ledger.give(`vested:${address}`, 20n * LLAMA);
    test.ledger.newestClosed = 4n;
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    expect(test.ledger.payouts.size).toBe(0);
    for (const address of KEYLESS) expect(test.ledger.available(`vested:${address}`)).toBe(20n * LLAMA);
    await test.expectReconciled();
  });

  it("give back what was reserved for such an address before it was refused", async () => {
    const ids = await Promise.all(KEYLESS.map((address) => test.request(address, llama(3))));
    const wallet = test.wallet();
    await test.request(wallet.address, llama(3));
    await test.payAll();
    for (const [index, id] of ids.entries()) {
      expect(await test.payout(id)).toMatchObject({ state: "voided", signature: "" });
      expect(test.ledger.available(`vested:${KEYLESS[index]}`)).toBe(3n * LLAMA);
    }
    expect(await wallet.balance()).toBe(3n * LLAMA);
    await test.expectReconciled();
  });
});
