import { generateIdentity } from "@flock/keys";
import { associatedTokenAccount, toAddress } from "@flock/solana";
import { PublicKey } from "@solana/web3.js";
import { Fees } from "../src/chain/fees.js";
import { toBaseUnits } from "../src/domain/base-units.js";
import { newBatchId, TransactionSigner } from "../src/payouts/transaction-signer.js";
import { waitingPayouts } from "../src/store/payouts.js";
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
  await bench.both((controls) => controls.clearFaults());
  await test.close();
});
afterAll(() => bench.stop());

const wallets = (count: number): TestWallet[] => Array.from({ length: count }, () => test.wallet());

describe("payouts", () => {
  it("payouts arrive on chain and are posted, in batches filled to nine tenths of what a transaction may have", async () => {
    const recipients = wallets(27);
    const ids = [];
    for (const [index, { address }] of recipients.entries())
      ids.push(await test.request(address, llama(index + 1)));
    await test.payAll();
    for (const [index, wallet] of recipients.entries()) {
      expect(await wallet.balance()).toBe(BigInt(index + 1) * LLAMA);
      expect(await test.payout(ids[index] ?? "")).toMatchObject({ state: "posted" });
    }
    const made = await test.batches();
    expect(made.slice(0, -1).every(({ bytes }) => bytes >= 0.9 * 1_232)).toBe(true);
    await test.expectReconciled();

    // Everybody has a token account by now, so that more of them fit.
    for (const { address } of recipients) await test.request(address, llama(1));
    await test.payAll();
    const later = (await test.batches()).slice(made.length);
    expect(later.slice(0, -1).every(({ bytes }) => bytes >= 0.9 * 1_232)).toBe(true);
    expect(Math.max(...later.map(({ payouts }) => Number(payouts)))).toBeGreaterThanOrEqual(17);
    await test.expectReconciled();
  });
});

describe("a transaction that does not land", () => {
  it("a transaction that was dropped is sent again, the very same bytes, and lands once", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await bench.both((controls) => controls.drop({ times: 2 }));
    await test.send();
    await test.finalize();
    expect(await test.payout(id)).toMatchObject({ state: "batched" });
    for (let times = 0; times < 3; times++) await test.send();
    await test.finalize();
    expect(await test.batches()).toMatchObject([{ state: "finalized" }]);
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });

  it("a payout is signed anew when its transaction has expired for certain", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await bench.both((controls) => controls.drop({ times: 1 }));
    await test.send();
    await test.expire();
    expect(await test.batches()).toMatchObject([{ state: "expired" }]);
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    await test.payAll();
    expect((await test.batches()).map(({ state }) => state).sort()).toEqual(["expired", "finalized"]);
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });

  it("a payout is not signed anew while one endpoint is away, or lags behind its transaction's expiry", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    const second = bench.chain.nodes[1]?.controls;
    await second?.fail({ failure: { kind: "http", status: 503 }, times: 1_000 });
    await test.expire();
    expect(await test.batches()).toMatchObject([{ state: "signed" }]);
    await second?.clearFaults();
    await second?.lag(250);
    await test.learn();
    expect(await test.batches()).toMatchObject([{ state: "signed" }]);
    await second?.lag(0);
    await test.learn();
    expect(await test.batches()).toMatchObject([{ state: "expired" }]);
    await test.payAll();
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });

  it("a transaction is not taken for landed before it is finalized, and lands on the other fork when it is sent again", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await bench.both((controls) => controls.fork({ afterSlots: 10 }));
    await test.send();
    await bench.chain.controls.advanceSlots(5);
    await test.learn();
    expect(await wallet.balance()).toBe(5n * LLAMA);
    expect(await test.payout(id)).toMatchObject({ state: "batched" });
    await bench.chain.controls.advanceSlots(10);
    expect(await wallet.balance()).toBe(0n);
    await bench.both((controls) => controls.clearFaults());
    await test.send();
    await test.finalize();
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });
});

describe("endpoints that say not found of what has landed", () => {
  it("endpoints that say not found are not believed while the account's history knows the transaction: payouts halt, and go on when that is lifted", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await test.send();
    await bench.both((controls) => controls.hide({ methods: ["getSignatureStatuses"], times: 1_000 }));
    await test.expire();
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "batch" }]);
    expect(test.logged.join()).toContain("payouts are halted");
    expect(await test.batches()).toMatchObject([{ state: "sent" }]);

    const other = await test.request(test.wallet().address, llama(1));
    await test.sign();
    expect(await test.payout(other)).toMatchObject({ state: "reserved" });
    await bench.both((controls) => controls.clearFaults());
    await test.learn();
    // Watched all the same, and posted: it moves no money.
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
    expect(await test.stops()).toHaveLength(1);
    await test.liftAll();
    await test.payAll();
    expect(await test.payout(other)).toMatchObject({ state: "posted" });
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });

  it("an endpoint that says not found does no harm when another one is honest", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await test.send();
    await bench.chain.controls.hide({ times: 1_000 });
    await test.expire();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
    await bench.chain.controls.clearFaults();
    await test.scan();
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });

  it("endpoints that hide a transaction in the history as well are found out by the balance", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.sign();
    await test.send();
    await bench.both((controls) => controls.hide({ times: 100_000 }));
    await bench.chain.controls.advanceSlots(40);
    for (let round = 0; round < 3; round++) await test.reconciler.round();
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "holdings" }]);
    await bench.both((controls) => controls.clearFaults());
    await test.liftAll();
    await test.learn();
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });
});

describe("a recipient that cannot be paid", () => {
  it("a recipient that cannot be paid is found by bisecting when the batch fails on chain, gets its payout given back with a reason, and all others are paid", async () => {
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
    expect((await test.batches()).map(({ state }) => state)).toContain("failed");
    await test.expectReconciled();
  });

  it("a recipient whose token account was closed meanwhile gets a new one", async () => {
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

  it("a payout that is known to be impossible is given back before anything is signed", async () => {
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
    expect(await test.batches()).toEqual([]);
  });
});

describe("a batch that an earlier version signed", () => {
  it("is recognised by the memo that it has, though memos are others by now, and is paid once", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(5));
    await test.keepBooks();
    const { accounts, transactions, db } = test.treasury;
    const payouts = await waitingPayouts(db.kysely, 1);
    const to = toAddress(wallet.address);
    const tokenAccount = associatedTokenAccount(to, accounts.mint);
    const batchId = newBatchId();
    const fees = new Fees(test.treasury, { priceMax: 0n, lamportsMin: 0n });
    const signing = await new TransactionSigner(test.treasury, fees).sign({
      id: batchId,
      purpose: "payouts",
      memo: `fo:payout:${batchId}`,
      transfers: [
        transactions.prepare({ wallet: to, tokenAccount, amount: toBaseUnits(llama(5)), isNew: true }),
      ],
      payouts,
      total: llama(5),
      historyAddress: accounts.tokenAccount,
    });
    expect(signing).toMatchObject({ kind: "signed", outcome: "stored" });
    await test.send();
    // Nobody finds it by its signature, and its account's history has it.
    await bench.both((controls) => controls.hide({ methods: ["getSignatureStatuses"], times: 1_000 }));
    await test.expire();
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "batch" }]);
    await bench.both((controls) => controls.clearFaults());
    await test.liftAll();
    await test.learn();
    await test.expectPaidOnce(id, wallet, 5n * LLAMA);
  });
});
