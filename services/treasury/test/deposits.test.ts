import { TREASURY_METHODS } from "@flock/calls";
import { FlockError } from "@flock/errors";
import { verifySignature } from "@flock/keys";
import { call, connectMesh, type Mesh, type Part, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { claimText } from "@flock/orders";
import { type AssignDepositRequest, PROTOCOL_VERSION, TreasuryDepositState } from "@flock/proto";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { claimMethod } from "../src/handlers/claim.js";
import { depositInstructionsMethod } from "../src/handlers/deposit-instructions.js";
import { depositsMethod } from "../src/handlers/deposits.js";
import { reservesMethod } from "../src/handlers/reserves.js";
import { suspenseMethods } from "../src/handlers/suspense.js";
import { readMovementRecord } from "../src/store/movements.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

const version = PROTOCOL_VERSION;

let bench: TestBench;
let nats: TestNats;
let mesh: Mesh;
let test: TestTreasury;
let alice: TestWallet;
let stopServing: () => Promise<void>;

beforeAll(async () => {
  [bench, nats] = await Promise.all([TestBench.start(), startTestNats()]);
  mesh = await connectMesh({
    natsUrl: nats.url,
    name: "treasury-test",
    logger: createLogger("treasury-test", "silent"),
    meter: createMetrics("treasury-test").meter,
  });
});

beforeEach(async () => {
  test = await bench.treasury();
  test.ledger.open("alice", "carol", "carlo", "dave", "erin", "mallory");
  alice = await rich();
  stopServing = startServing(
    serve(mesh, "treasury", [
      depositInstructionsMethod(test.treasury),
      depositsMethod(test.treasury),
      claimMethod(test.treasury),
      reservesMethod(test.treasury),
      ...suspenseMethods(test.treasury),
    ]),
  );
});

afterEach(async () => {
  await stopServing();
  await Promise.all(bench.chain.nodes.map(({ controls }) => controls.clearFaults()));
  await test.close();
});

afterAll(async () => {
  await mesh.close();
  await nats.stop();
  await bench.stop();
});

function startServing(part: Part): () => Promise<void> {
  const stop = new AbortController();
  const settled = part.start(stop.signal);
  return async () => {
    stop.abort();
    await settled;
  };
}

/** A wallet with SOL, and 1 000 LLAMA that were paid out to it. */
async function rich(): Promise<TestWallet> {
  const wallet = test.wallet();
  await wallet.fund();
  await test.request(wallet.address, llama(1_000));
  await test.payAll();
  return wallet;
}

const address = () => test.treasury.signer.address;
const walletOf = (account: string) => test.ledger.balance(`wallet:${account}`);
const movement = (signature: string) => readMovementRecord(test.treasury.db.kysely, signature);

async function finalized(payment: Promise<string>): Promise<string> {
  const signature = await payment;
  await test.finalize();
  return signature;
}

describe("a deposit", () => {
  it("with the memo of an account is credited to it when it is finalized, not before, and once", async () => {
    const signature = await alice.pay({ to: address(), amount: 5n * LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(10);
    await test.learn();
    expect(await movement(signature)).toBeUndefined();
    await test.finalize();
    expect(await movement(signature)).toMatchObject({ state: "credited", sender: alice.address });
    for (let again = 0; again < 3; again++)
      await test.treasury.endpoints.any((chain) => test.scanner.scan("all", chain));
    await test.learn();
    expect(walletOf("alice")).toBe(5n * LLAMA);
    await test.expectReconciled();
  });

  it("with an account's reference key is credited to it, as the instructions said", async () => {
    const instructions = await call(mesh, TREASURY_METHODS.depositInstructions, {
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
    const { deposits } = await call(mesh, TREASURY_METHODS.deposits, {
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
    expect(await movement(signature)).toMatchObject({ state: "suspended", reason });
    expect(test.ledger.balance("suspense:deposits")).toBe(3n * LLAMA);
    const mallory = test.wallet();
    await expect(claim(mallory, signature, "mallory")).rejects.toMatchObject({ code: "permission_denied" });
    const { deposit } = await claim(alice, signature, "carol");
    expect(deposit).toMatchObject({ state: TreasuryDepositState.CLAIMED, accountId: "carol" });
    await claim(alice, signature, "carol");
    await expect(claim(alice, signature, "alice")).rejects.toMatchObject({ code: "failed_precondition" });
    expect([walletOf("carol"), test.ledger.balance("suspense:deposits")]).toEqual([3n * LLAMA, 0n]);
    await test.expectReconciled();
  });

  it("below the minimum goes to suspense, whoever it names", async () => {
    const signature = await finalized(alice.pay({ to: address(), amount: 9_999n, memos: ["flock:alice"] }));
    expect(await movement(signature)).toMatchObject({ state: "suspended", reason: "below_minimum" });
    await claim(alice, signature, "alice");
    expect(walletOf("alice")).toBe(9_999n);
  });

  it("of two senders can be claimed by neither", async () => {
    const bob = await rich();
    const signature = await finalized(alice.pay({ to: address(), amount: 2n * LLAMA, partner: bob }));
    expect(await movement(signature)).toMatchObject({ delta: 4n * LLAMA, state: "suspended", sender: "" });
    await expect(claim(alice, signature, "alice")).rejects.toMatchObject({ code: "permission_denied" });
    await test.expectReconciled();
  });

  it("that fails on chain, or moves nothing, or goes elsewhere, is none: a memo alone means nothing", async () => {
    const failed = await finalized(
      alice.pay({ to: address(), amount: 2_000n * LLAMA, memos: ["flock:mallory"] }),
    );
    const empty = await finalized(alice.pay({ to: address(), amount: 0n, memos: ["flock:mallory"] }));
    const other = test.wallet();
    await finalized(alice.pay({ to: other.address, amount: LLAMA, memos: ["flock:mallory"] }));
    expect(await movement(failed)).toMatchObject({ kind: "none" });
    expect(await movement(empty)).toMatchObject({ kind: "none" });
    expect(walletOf("mallory")).toBe(0n);
    await test.expectReconciled();
  });

  it("that the cluster forgets on another fork is not credited, and is when it lands there", async () => {
    await bench.chain.controls.fork({ afterSlots: 10, relandAfterSlots: 20 });
    const signature = await alice.pay({ to: address(), amount: LLAMA, memos: ["flock:alice"] });
    await bench.chain.controls.advanceSlots(5);
    await test.learn();
    await bench.chain.controls.advanceSlots(10);
    await test.learn();
    expect(walletOf("alice")).toBe(0n);
    await bench.chain.controls.advanceSlots(20);
    await test.finalize();
    expect(await movement(signature)).toMatchObject({ state: "credited" });
    expect(walletOf("alice")).toBe(LLAMA);
    await test.expectReconciled();
  });
});

describe("an operator", () => {
  /** Of two senders, so that nobody can claim it. */
  async function nobodys(amount: bigint): Promise<string> {
    return await finalized(alice.pay({ to: address(), amount, partner: bob }));
  }
  let bob: TestWallet;
  beforeEach(async () => {
    bob = await rich();
  });

  it("is told what is in suspense, newest first, page by page", async () => {
    const signatures = [];
    for (const amount of [1n, 2n, 3n]) signatures.push(await nobodys(amount * LLAMA));
    await claimableBy(alice);
    const list = (cursor: string, limit = 3) =>
      call(mesh, TREASURY_METHODS.suspense, { version, cursor, limit });
    const first = await list("");
    expect(first.deposits).toMatchObject([
      { sender: alice.address, amountMicro: LLAMA, state: TreasuryDepositState.SUSPENDED },
      { sender: "", amountMicro: 6n * LLAMA, reason: "unattributed", signature: signatures[2] },
      { sender: "", amountMicro: 4n * LLAMA, reason: "unattributed", signature: signatures[1] },
    ]);
    const second = await list(first.nextCursor);
    expect(second.deposits.map(({ signature }) => signature)).toEqual([signatures[0]]);
    expect(second.nextCursor).toBe("");
    await assign(signatures[0] ?? "", "carol");
    expect((await list(first.nextCursor)).deposits).toEqual([]);
    await expect(list("first")).rejects.toMatchObject({ code: "invalid_argument" });
    await expect(list("", 501)).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("assigns what nobody can claim to an account, once, with who, why and when on record", async () => {
    const signature = await nobodys(2n * LLAMA);
    const { deposit, assignment } = await assign(signature, "carol", { reason: "ticket 12" });
    expect(deposit).toMatchObject({ signature, state: TreasuryDepositState.CLAIMED, accountId: "carol" });
    expect(assignment).toMatchObject({ operator: "ann", reason: "ticket 12" });
    expect(assignment?.assignedUnixMs).toBeGreaterThan(Date.now() - 60_000);
    // Repeated: tells what is on record, and moves nothing.
    expect(await assign(signature, "carol", { operator: "dave", reason: "again" })).toMatchObject({
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
    await assign(assigned, "carol");
    const claimed = await claimableBy(alice);
    await claim(alice, claimed, "dave");
    const direct = await finalized(alice.pay({ to: address(), amount: LLAMA, memos: ["flock:erin"] }));
    for (const [signature, owner] of [
      [assigned, "carol"],
      [claimed, "dave"],
      [direct, "erin"],
    ] as const)
      await expect(assign(signature, "mallory")).rejects.toMatchObject({
        code: "failed_precondition",
        message: `the deposit is credited to ${owner}, not in suspense`,
      });
    // Also for the very account: it was not the operator who did it.
    await expect(assign(claimed, "dave")).rejects.toMatchObject({ code: "failed_precondition" });
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
    await expect(assign(signature, "carol", more)).rejects.toMatchObject({ code });
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
      await expect(assign(signature, "carol")).rejects.toMatchObject({ code: "not_found" });
  });

  it("repeats an assignment that a crash left behind, between the ledger and the note of it", async () => {
    const signature = await nobodys(LLAMA);
    const { ledger } = test;
    const claimDeposit = ledger.claimDeposit.bind(ledger);
    jest.spyOn(ledger, "claimDeposit").mockImplementationOnce(async (...order) => {
      await claimDeposit(...order);
      throw new FlockError("deadline_exceeded", "the answer is lost");
    });
    await expect(assign(signature, "carol")).rejects.toMatchObject({ code: "deadline_exceeded" });
    expect(await movement(signature)).toMatchObject({ state: "suspended" });
    expect(walletOf("carol")).toBe(2n * LLAMA);
    // The ledger has it, we do not know it yet: nobody else gets it, and the one who repeats is named.
    await expect(assign(signature, "mallory")).rejects.toMatchObject({
      code: "failed_precondition",
      message: expect.stringContaining("the assignment to carol has to be repeated"),
    });
    const { deposit, assignment } = await assign(signature, "carol", { operator: "dave" });
    expect(deposit).toMatchObject({ state: TreasuryDepositState.CLAIMED, accountId: "carol" });
    expect(assignment).toMatchObject({ operator: "ann" });
    expect([walletOf("carol"), walletOf("mallory")]).toEqual([2n * LLAMA, 0n]);
    await test.expectReconciled();
  });

  it("who names another account while the ledger is away is free to, for nothing has moved", async () => {
    const signature = await nobodys(LLAMA);
    test.ledger.isAway = true;
    await expect(assign(signature, "carlo")).rejects.toMatchObject({ code: "unavailable" });
    test.ledger.isAway = false;
    expect((await assign(signature, "carol")).deposit).toMatchObject({ accountId: "carol" });
    await expect(assign(signature, "carlo")).rejects.toMatchObject({
      message: "the deposit is credited to carol, not in suspense",
    });
    expect([walletOf("carol"), walletOf("carlo")]).toEqual([2n * LLAMA, 0n]);
  });

  it("and the sender, at the same moment, credit it once, and the other one is told to whom", async () => {
    const signature = await claimableBy(alice);
    const outcomes = await Promise.allSettled([
      claim(alice, signature, "alice"),
      assign(signature, "carol"),
      assign(signature, "dave"),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect([walletOf("alice"), walletOf("carol"), walletOf("dave")].filter((each) => each > 0n)).toEqual([
      LLAMA,
    ]);
    const { accountId = "" } = (await movement(signature)) ?? {};
    expect(walletOf(accountId)).toBe(LLAMA);
    await test.expectReconciled();
  });
});

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

  it("of which one endpoint cannot tell more, because it is away, credits nothing and halts nothing", async () => {
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
    await Promise.all(bench.chain.nodes.map(({ controls }) => controls.clearFaults()));
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
    const known = await Promise.all(signatures.map(async (each) => (await movement(each)) !== undefined));
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

describe("the proof of reserves", () => {
  it("is signed by the treasury's key and says what chain and ledger hold", async () => {
    await finalized(alice.pay({ to: address(), amount: 5n * LLAMA, memos: ["flock:alice"] }));
    const proof = await call(mesh, TREASURY_METHODS.reserves, { version });
    expect(verifySignature(address(), Buffer.from(proof.statement), proof.signature)).toBe(true);
    expect(proof.statement).toContain(`on chain: ${proof.onChainMicro}\nslot: ${proof.slot}\n`);
    expect(proof.statement).toContain(`ledger wallet: ${5n * LLAMA}\n`);
    expect(proof.liabilities.reduce((sum, { sumMicro }) => sum + sumMicro, 0n)).toBe(0n);
    const external = proof.liabilities.find(({ kind }) => kind === "external")?.sumMicro ?? 0n;
    expect(-external).toBe(proof.onChainMicro + proof.inFlightMicro - proof.uncreditedMicro);
  });
});

async function claim(wallet: TestWallet, deposit: string, to: string) {
  const text = claimText({
    network: test.treasury.network,
    account: wallet.address,
    deposit,
    to,
    expiresMs: Date.now() + 60_000,
  });
  return await call(mesh, TREASURY_METHODS.claim, { version, text, signature: wallet.sign(text) });
}

/** A deposit in suspense that its sender can claim. */
function claimableBy(wallet: TestWallet): Promise<string> {
  return finalized(wallet.pay({ to: address(), amount: LLAMA }));
}

async function assign(
  signature: string,
  accountId: string,
  more: Partial<Omit<AssignDepositRequest, "version">> = {},
) {
  const request = { version, signature, accountId, operator: "ann", reason: "ticket 11", ...more };
  return await call(mesh, TREASURY_METHODS.assign, request);
}
