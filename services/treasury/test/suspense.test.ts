import { FlockError } from "@flock/errors";
import { call } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, TreasuryDepositState } from "@flock/proto/treasury";
import { jest } from "@jest/globals";
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

/** A deposit in suspense that its sender can claim. */
function claimableBy(wallet: TestWallet): Promise<string> {
  return finalized(wallet.pay({ to: address(), amount: LLAMA }));
}

describe("an operator", () => {
  /** Of two senders, so that nobody can claim it. */
  async function nobodys(amount: bigint): Promise<string> {
    return await finalized(alice.pay({ to: address(), amount, partner: bob }));
  }
  let bob: TestWallet;
  beforeEach(async () => {
    bob = await test.richWallet();
  });

  it("is told what is in suspense, newest first, page by page", async () => {
    const signatures = [];
    for (const amount of [1n, 2n, 3n]) signatures.push(await nobodys(amount * LLAMA));
    await claimableBy(alice);
    const list = (cursor: string, limit = 3) =>
      call(served.mesh, TREASURY.suspense, { version, cursor, limit });
    const first = await list("");
    expect(first.deposits).toMatchObject([
      { sender: alice.address, amountMicro: LLAMA, state: TreasuryDepositState.SUSPENDED },
      { sender: "", amountMicro: 6n * LLAMA, reason: "unattributed", signature: signatures[2] },
      { sender: "", amountMicro: 4n * LLAMA, reason: "unattributed", signature: signatures[1] },
    ]);
    const second = await list(first.nextCursor);
    expect(second.deposits.map(({ signature }) => signature)).toEqual([signatures[0]]);
    expect(second.nextCursor).toBe("");
    await desk.assign(signatures[0] ?? "", "carol");
    expect((await list(first.nextCursor)).deposits).toEqual([]);
    await expect(list("first")).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(list("", 501)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("assigns what nobody can claim to an account, once, with who, why and when on record", async () => {
    const signature = await nobodys(2n * LLAMA);
    const { deposit, assignment } = await desk.assign(signature, "carol", { reason: "ticket 12" });
    expect(deposit).toMatchObject({ signature, state: TreasuryDepositState.CLAIMED, accountId: "carol" });
    expect(assignment).toMatchObject({ operator: "ann", reason: "ticket 12" });
    expect(assignment?.assignedUnixMs).toBeGreaterThan(Date.now() - 60_000);
    // Repeated: tells what is on record, and moves nothing.
    expect(await desk.assign(signature, "carol", { operator: "dave", reason: "again" })).toMatchObject({
      assignment,
    });
    expect([walletOf("carol"), test.ledger.balance("suspense:deposits")]).toEqual([4n * LLAMA, 0n]);
    const { rows } = await test.treasury.db.pool.query(
      "SELECT signature, account_id, assigned_by, reason FROM assignments",
    );
    expect(rows).toEqual([{ signature, account_id: "carol", assigned_by: "ann", reason: "ticket 12" }]);
    await expect(test.treasury.db.pool.query("UPDATE assignments SET reason = 'x'")).rejects.toMatchObject({
      code: "FT000",
    });
    await expect(test.treasury.db.pool.query("DELETE FROM assignments")).rejects.toMatchObject({
      code: "FT000",
    });
    await test.expectReconciled();
  });

  it("is refused what is credited already, and told to whom, whoever had it credited", async () => {
    const assigned = await nobodys(LLAMA);
    await desk.assign(assigned, "carol");
    const claimed = await claimableBy(alice);
    await desk.claim(alice, claimed, "dave");
    const direct = await finalized(alice.pay({ to: address(), amount: LLAMA, memos: ["flock:erin"] }));
    for (const [signature, owner] of [
      [assigned, "carol"],
      [claimed, "dave"],
      [direct, "erin"],
    ] as const)
      await expect(desk.assign(signature, "mallory")).rejects.toMatchObject({
        code: "failed_precondition",
        message: `the deposit is credited to ${owner}, not in suspense`,
      });
    // Also for the very account: it was not the operator who did it.
    await expect(desk.assign(claimed, "dave")).rejects.toMatchObject({ code: "failed_precondition" });
    expect(walletOf("mallory")).toBe(0n);
    const { rows } = await test.treasury.db.pool.query("SELECT account_id FROM assignments");
    expect(rows).toEqual([{ account_id: "carol" }]);
    await test.expectReconciled();
  });

  it.each([
    ["a signature that is on no record", { signature: "5".repeat(88) }, "not_found"],
    ["a signature that is none", { signature: "not a signature\0" }, "not_found"],
    ["no account", { accountId: "" }, "invalid_argument"],
    ["what is no account", { accountId: "wallet:carol" }, "invalid_argument"],
    ["no reason", { reason: "  " }, "invalid_argument"],
    ["too long a reason", { reason: "x".repeat(501) }, "invalid_argument"],
    ["no name of an operator", { operator: "" }, "invalid_argument"],
  ])("who assigns with %s is refused, and nothing moves", async (_, more, code) => {
    const signature = await nobodys(LLAMA);
    await expect(desk.assign(signature, "carol", more)).rejects.toMatchObject({ code });
    expect(test.ledger.balance("suspense:deposits")).toBe(2n * LLAMA);
    const { rows } = await test.treasury.db.pool.query("SELECT * FROM assignments");
    expect(rows).toEqual([]);
  });

  it("does not assign custody, nor payouts", async () => {
    const { rows } = await test.treasury.db.pool.query<{ signature: string; kind: string }>(
      "SELECT signature, kind FROM movements WHERE kind IN ('custody', 'payouts')",
    );
    expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(["custody", "payouts"]));
    for (const { signature } of rows)
      await expect(desk.assign(signature, "carol")).rejects.toMatchObject({ code: "not_found" });
  });

  it("repeats an assignment that a crash left behind, between the ledger and the note of it", async () => {
    const signature = await nobodys(LLAMA);
    const { ledger } = test;
    const claimDeposit = ledger.claimDeposit.bind(ledger);
    jest.spyOn(ledger, "claimDeposit").mockImplementationOnce(async (...order) => {
      await claimDeposit(...order);
      throw new FlockError("deadline_exceeded", "the answer is lost");
    });
    await expect(desk.assign(signature, "carol")).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(await test.movement(signature)).toMatchObject({ state: "suspended" });
    expect(walletOf("carol")).toBe(2n * LLAMA);
    // The ledger has it, we do not know it yet: nobody else gets it, and the one who repeats is named.
    await expect(desk.assign(signature, "mallory")).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("the assignment to carol has to be repeated"),
    });
    const { deposit, assignment } = await desk.assign(signature, "carol", { operator: "dave" });
    expect(deposit).toMatchObject({ state: TreasuryDepositState.CLAIMED, accountId: "carol" });
    expect(assignment).toMatchObject({ operator: "ann" });
    expect([walletOf("carol"), walletOf("mallory")]).toEqual([2n * LLAMA, 0n]);
    await test.expectReconciled();
  });

  it("may name another account after the ledger was away, for nothing has moved", async () => {
    const signature = await nobodys(LLAMA);
    test.ledger.isAway = true;
    await expect(desk.assign(signature, "carlo")).rejects.toMatchObject({ code: "unavailable" });
    test.ledger.isAway = false;
    expect((await desk.assign(signature, "carol")).deposit).toMatchObject({ accountId: "carol" });
    await expect(desk.assign(signature, "carlo")).rejects.toMatchObject({
      message: "the deposit is credited to carol, not in suspense",
    });
    expect([walletOf("carol"), walletOf("carlo")]).toEqual([2n * LLAMA, 0n]);
  });

  it("and the sender, at the same moment, credit it once, and the other one is told to whom", async () => {
    const signature = await claimableBy(alice);
    const outcomes = await Promise.allSettled([
      desk.claim(alice, signature, "alice"),
      desk.assign(signature, "carol"),
      desk.assign(signature, "dave"),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect([walletOf("alice"), walletOf("carol"), walletOf("dave")].filter((each) => each > 0n)).toEqual([
      LLAMA,
    ]);
    const { accountId = "" } = (await test.movement(signature)) ?? {};
    expect(walletOf(accountId)).toBe(LLAMA);
    await test.expectReconciled();
  });
});
