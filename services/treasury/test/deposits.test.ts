import { verifySignature } from "@flock/keys";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, TreasuryDepositState } from "@flock/proto/treasury";
import { ServedBench, type ServedTreasury } from "./served-treasury.js";
import { LLAMA, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

const version = PROTOCOL_VERSION;

let served: ServedBench;
let desk: ServedTreasury;
let test: TestTreasury;
let alice: TestWallet;

beforeAll(async () => {
  served = await ServedBench.start();
});
beforeEach(async () => {
  desk = await served.treasury();
  test = desk.test;
  alice = await test.richWallet();
});
afterEach(() => desk.close());
afterAll(() => served.stop());

const address = () => test.treasury.signer.address;
const walletOf = (account: string) => test.ledger.balance(`wallet:${account}`);

async function finalized(payment: Promise<string>): Promise<string> {
  const signature = await payment;
  await test.finalize();
  return signature;
}

describe("a deposit", () => {
  it("with the memo of an account is credited to it when it is finalized, not before, and once", async () => {
    const signature = await alice.pay({ to: address(), amount: 5n * LLAMA, memos: ["flock:alice"] });
    await served.bench.chain.controls.advanceSlots(10);
    await test.learn();
    expect(await test.movement(signature)).toBeUndefined();
    await test.finalize();
    expect(await test.movement(signature)).toMatchObject({ state: "credited", sender: alice.address });
    for (let again = 0; again < 3; again++)
      await test.treasury.endpoints.any((chain) => test.scanner.scan("all", chain));
    await test.learn();
    expect(walletOf("alice")).toBe(5n * LLAMA);
    await test.expectReconciled();
  });

  it("with an account's reference key is credited to it, as the instructions said", async () => {
    const instructions = await call(served.mesh, TREASURY.depositInstructions, {
      version,
      accountId: "bob",
    });
    expect(instructions).toMatchObject({
      address: address(),
      tokenAccount: test.treasury.accounts.tokenAccount,
      memo: "flock:bob",
      depositMinMicro: 10_000n,
    });
    expect(instructions.url).toBe(
      `solana:${address()}?spl-token=${instructions.mint}&reference=${instructions.reference}&memo=flock%3Abob&label=FlockOllamas`,
    );
    const { reference } = instructions;
    await finalized(alice.pay({ to: address(), amount: 7n * LLAMA, references: [reference] }));
    await finalized(
      alice.pay({ to: address(), amount: LLAMA, references: [reference], memos: ["flock:bob"] }),
    );
    expect(walletOf("bob")).toBe(8n * LLAMA);
    const { deposits } = await call(served.mesh, TREASURY.deposits, {
      version,
      accountId: "bob",
      sender: "",
      cursor: "",
      limit: 0,
    });
    expect(deposits.map(({ amountMicro }) => amountMicro)).toEqual([LLAMA, 7n * LLAMA]);
    await test.expectReconciled();
  });

  it.each([
    ["nothing", {}, "unattributed"],
    ["a memo of something else", { memos: ["hello flock:bob"] }, "unattributed"],
    ["a memo of no account", { memos: ["flock:epoch:1:ff"] }, "unattributed"],
    ["memos of two accounts", { memos: ["flock:alice", "flock:bob"] }, "ambiguous"],
  ])("that names %s goes to suspense, and its sender alone can claim it", async (_, more, reason) => {
    const signature = await finalized(alice.pay({ to: address(), amount: 3n * LLAMA, ...more }));
    expect(await test.movement(signature)).toMatchObject({ state: "suspended", reason });
    expect(test.ledger.balance("suspense:deposits")).toBe(3n * LLAMA);
    const mallory = test.wallet();
    await expect(desk.claim(mallory, signature, "mallory")).rejects.toMatchObject({
      code: "permission_denied",
    });
    const { deposit } = await desk.claim(alice, signature, "carol");
    expect(deposit).toMatchObject({ state: TreasuryDepositState.CLAIMED, accountId: "carol" });
    await desk.claim(alice, signature, "carol");
    await expect(desk.claim(alice, signature, "alice")).rejects.toMatchObject({
      code: "failed_precondition",
    });
    expect([walletOf("carol"), test.ledger.balance("suspense:deposits")]).toEqual([3n * LLAMA, 0n]);
    await test.expectReconciled();
  });

  it("below the minimum goes to suspense, whoever it names", async () => {
    const signature = await finalized(alice.pay({ to: address(), amount: 9_999n, memos: ["flock:alice"] }));
    expect(await test.movement(signature)).toMatchObject({ state: "suspended", reason: "below_minimum" });
    await desk.claim(alice, signature, "alice");
    expect(walletOf("alice")).toBe(9_999n);
  });

  it("of two senders can be claimed by neither", async () => {
    const bob = await test.richWallet();
    const signature = await finalized(alice.pay({ to: address(), amount: 2n * LLAMA, partner: bob }));
    expect(await test.movement(signature)).toMatchObject({
      delta: 4n * LLAMA,
      state: "suspended",
      sender: "",
    });
    await expect(desk.claim(alice, signature, "alice")).rejects.toMatchObject({ code: "permission_denied" });
    await test.expectReconciled();
  });

  it("that fails on chain, or moves nothing, or goes elsewhere, is none: a memo alone means nothing", async () => {
    const failed = await finalized(
      alice.pay({ to: address(), amount: 2_000n * LLAMA, memos: ["flock:mallory"] }),
    );
    const empty = await finalized(alice.pay({ to: address(), amount: 0n, memos: ["flock:mallory"] }));
    const other = test.wallet();
    await finalized(alice.pay({ to: other.address, amount: LLAMA, memos: ["flock:mallory"] }));
    expect(await test.movement(failed)).toMatchObject({ kind: "none" });
    expect(await test.movement(empty)).toMatchObject({ kind: "none" });
    expect(walletOf("mallory")).toBe(0n);
    await test.expectReconciled();
  });

  it("that the cluster forgets on another fork is not credited, and is when it lands there", async () => {
    await served.bench.chain.controls.fork({ afterSlots: 10, relandAfterSlots: 20 });
    const signature = await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await served.bench.chain.controls.advanceSlots(5);
    await test.learn();
    await served.bench.chain.controls.advanceSlots(10);
    await test.learn();
    expect(walletOf("alice")).toBe(0n);
    await served.bench.chain.controls.advanceSlots(20);
    await test.finalize();
    expect(await test.movement(signature)).toMatchObject({ state: "credited" });
    expect(walletOf("alice")).toBe(LLAMA);
    await test.expectReconciled();
  });
});

describe("the proof of reserves", () => {
  it("is signed by the treasury's key and says what chain and ledger hold", async () => {
    await finalized(alice.pay({ to: address(), amount: 5n * LLAMA, memos: ["flock:alice"] }));
    const proof = await call(served.mesh, TREASURY.reserves, { version });
    expect(verifySignature(address(), Buffer.from(proof.statement), proof.signature)).toBe(true);
    expect(proof.statement).toContain(`on chain: ${proof.onChainMicro}\nslot: ${proof.slot}\n`);
    expect(proof.statement).toContain(`ledger wallet: ${5n * LLAMA}\n`);
    expect(proof.liabilities.reduce((sum, { sumMicro }) => sum + sumMicro, 0n)).toBe(0n);
    const external = proof.liabilities.find(({ kind }) => kind === "external")?.sumMicro ?? 0n;
    expect(-external).toBe(proof.onChainMicro + proof.inFlightMicro - proof.uncreditedMicro);
  });
});
