import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

/* What endpoints list, and how it is found out that a list is not the whole truth. */

let bench: TestBench;
let test: TestTreasury;
let alice: TestWallet;

beforeAll(async () => {
  bench = await TestBench.start();
});
beforeEach(async () => {
  test = await bench.treasury();
  test.ledger.open("alice");
  alice = await test.richWallet();
});
afterEach(async () => {
  await bench.both((controls) => controls.clearFaults());
  await test.close();
});
afterAll(() => bench.stop());

const address = () => test.treasury.signer.address;
const walletOf = (account: string) => test.ledger.balance(`wallet:${account}`);

describe("a listing", () => {
  it("that leaves transactions out is found out by the balance, and every one of them is credited once", async () => {
    const first = await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(1);
    await alice.pay({ to: address(), amount: 2n * LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(40);
    const [one, two] = bench.chain.nodes;
    for (const node of [one, two])
      await node?.controls.hide({
        methods: ["getSignaturesForAddress"],
        match: { signature: first },
        times: 1,
      });
    await test.scan();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(2n * LLAMA);
    await test.reconciler.round();
    await test.reconciler.round();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(3n * LLAMA);
    await test.expectReconciled();
  });

  it("that has everything twice, at an endpoint that lags, credits once", async () => {
    await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(40);
    await bench.chain.nodes[1]?.controls.lag(40);
    await bench.chain.controls.repeatSignatures(2);
    await test.scan();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(0n); // Only one endpoint knows of it yet.
    await bench.chain.nodes[1]?.controls.lag(0);
    await test.scan();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(LLAMA);
    await test.expectReconciled();
  });

  it("whose transactions one endpoint cannot confirm, because it is away, credits nothing and halts nothing", async () => {
    await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(40);
    const second = bench.chain.nodes[1]?.controls;
    await second?.fail({ failure: { kind: "http", status: 503 }, times: 10_000 });
    for (let round = 0; round < 5; round++) await test.reconciler.round();
    expect(walletOf("alice")).toBe(0n);
    expect(await test.stops()).toEqual([]);
    await second?.clearFaults();
    await test.scan();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(LLAMA);
    await test.expectReconciled();
  });

  it("that one endpoint keeps back for long is made good by another one's, and halts nothing", async () => {
    await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(40);
    await bench.chain.controls.hide({ methods: ["getSignaturesForAddress"], times: 10_000 });
    for (let round = 0; round < 5; round++) await test.reconciler.round();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(LLAMA);
    await test.expectReconciled();
  });

  it("that does not reach the slot of the balance explains a surplus for as long, and not for longer", async () => {
    await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(40);
    const second = bench.chain.nodes[1]?.controls;
    await bench.chain.controls.hide({ methods: ["getSignaturesForAddress"], times: 10_000 });
    await second?.lag(39);
    for (let round = 0; round < 5; round++) await test.reconciler.round();
    expect(await test.stops()).toEqual([]);
    expect(test.logged.join()).toContain("endpoints do not tell of everything yet");
    // It reaches that slot now, and shows nothing either.
    await second?.lag(0);
    await second?.hide({ methods: ["getSignaturesForAddress"], times: 10_000 });
    for (let round = 0; round < 2; round++) await test.reconciler.round();
    expect(await test.stops()).toEqual([]);
    await test.reconciler.round();
    expect(await test.stops()).toMatchObject([
      { subject: "holdings", reason: expect.stringContaining(`holds ${LLAMA} base units`) },
    ]);
    await Promise.all([bench.chain.controls.clearFaults(), second?.clearFaults()]);
    await test.liftAll();
    await test.learn();
    expect(walletOf("alice")).toBe(LLAMA);
    await test.expectReconciled();
  });

  it("that waits for an endpoint to confirm a deposit hides no theft of more", async () => {
    const thief = test.wallet();
    await thief.fund();
    await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    const stolen = await test.stealWithTreasuryKey(thief, 5n * LLAMA);
    await bench.chain.controls.advanceSlots(40);
    const second = bench.chain.nodes[1]?.controls;
    await second?.fail({ failure: { kind: "http", status: 503 }, times: 10_000 });
    await bench.chain.controls.hide({ match: { signature: stolen }, times: 10_000 });
    for (let round = 0; round < 2; round++) await test.reconciler.round();
    expect(await test.stops()).toEqual([]);
    await test.reconciler.round();
    expect(await test.stops()).toMatchObject([
      { subject: "holdings", reason: expect.stringContaining(`holds ${-4n * LLAMA} base units`) },
    ]);
  });

  it("of a payout that nobody tells more of yet is no alarm: it is known what it takes", async () => {
    const wallet = test.wallet();
    const id = await test.request(wallet.address, llama(3));
    await test.sign();
    await test.send();
    await bench.chain.controls.advanceSlots(40);
    for (const { controls } of bench.chain.nodes)
      await controls.hide({ methods: ["getTransaction", "getSignatureStatuses"], times: 10_000 });
    for (let round = 0; round < 5; round++) await test.reconciler.round();
    expect(await test.stops()).toEqual([]);
    expect(await test.payout(id)).toMatchObject({ state: "batched" });
    await bench.both((controls) => controls.clearFaults());
    await test.learn();
    expect(await test.payout(id)).toMatchObject({ state: "posted" });
    await test.expectReconciled();
  });

  it("of something that cannot be had yet holds nothing else up, and is not forgotten", async () => {
    const signatures = [];
    for (let amount = 1n; amount <= 3n; amount++) {
      signatures.push(await alice.pay({ to: address(), amount: amount * LLAMA, memos: ["flock:alice"] }));
      await bench.chain.controls.advanceSlots(1);
    }
    await bench.chain.controls.advanceSlots(40);
    await bench.chain.controls.hide({
      methods: ["getTransaction"],
      match: { signature: signatures[1] ?? "" },
      times: 2,
    });
    await test.scan();
    const known = await Promise.all(
      signatures.map(async (each) => (await test.movement(each)) !== undefined),
    );
    expect(known).toEqual([true, false, true]);
    await test.scan();
    await test.scan();
    await test.keepBooks();
    expect(walletOf("alice")).toBe(6n * LLAMA);
    await test.expectReconciled();
  });
});

describe("LLAMA that leaves without a batch of ours", () => {
  it("halts payouts at once", async () => {
    const thief = test.wallet();
    await thief.fund();
    await test.stealWithTreasuryKey(thief, 5n * LLAMA);
    await test.finalize();
    expect(await test.stops()).toMatchObject([{ kind: "halt", subject: "foreign" }]);
  });
});
