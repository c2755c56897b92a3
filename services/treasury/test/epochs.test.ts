import { keylessAddress } from "./misspelt.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

/* What the treasury does when an epoch closes. */

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

describe("epochs", () => {
  it("an epoch is anchored by a memo, once, whatever is lost on the way, and the ledger is told", async () => {
    const root = new Uint8Array(32).fill(7);
    test.ledger.closeEpoch(3n, root);
    await bench.both((controls) => controls.drop({ times: 1 }));
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
    expect(test.ledger.anchorOf(3n)).toBe(made[1]?.signature);
    await test.expectReconciled();
  });

  it("an epoch pays every worker above the threshold once, and leaves out those that cannot be paid", async () => {
    const workers = wallets(5);
    for (const { address } of workers) test.ledger.give(`vested:${address}`, 20n * LLAMA);
    test.ledger.give("vested:not-a-key", 20n * LLAMA);
    test.ledger.give(`vested:${test.wallet().address}`, 9n * LLAMA);
    test.ledger.closeEpoch(4n);
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    for (const worker of workers) expect(await worker.balance()).toBe(20n * LLAMA);
    for (const { address } of workers) test.ledger.give(`vested:${address}`, 20n * LLAMA);
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    for (const worker of workers) expect(await worker.balance()).toBe(20n * LLAMA);
    test.ledger.closeEpoch(5n);
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

  it("an epoch pays no worker whose address no key can spend from: its earnings stay vested", async () => {
    for (const address of KEYLESS) test.ledger.give(`vested:${address}`, 20n * LLAMA);
    test.ledger.closeEpoch(4n);
    for (let round = 0; round < 8; round++) await test.payEarnings();
    await test.payAll();
    expect(test.ledger.payouts.size).toBe(0);
    for (const address of KEYLESS) expect(test.ledger.available(`vested:${address}`)).toBe(20n * LLAMA);
    await test.expectReconciled();
  });

  it("a payout that was reserved for such an address before it was refused is given back", async () => {
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
