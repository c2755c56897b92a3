import { TransactionInstruction } from "@solana/web3.js";
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

const wallets = (count: number): TestWallet[] => Array.from({ length: count }, () => bench.wallet());

async function batches(): Promise<{ id: string; state: string; bytes: number; payouts: bigint }[]> {
  const { rows } = await test.treasury.db.pool.query(
    `SELECT b.id, b.state, length(b.raw) AS bytes, (SELECT count(*) FROM batch_payouts WHERE batch_id = b.id) AS payouts
       FROM batches b ORDER BY b.created_at, b.id`,
  );
  return rows;
}

describe("payouts", () => {
  it("arrive on chain and are posted, in batches filled to nine tenths of what a transaction may have", async () => {
    const recipients = wallets(40);
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
void TransactionInstruction;
