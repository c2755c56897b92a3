import { FlockError } from "@flock/errors";
import { generateIdentity } from "@flock/keys";
import { call, connectMesh, type Mesh, serve } from "@flock/mesh";
import { createLogger, createMetrics } from "@flock/observability";
import { claimText } from "@flock/orders";
import { PROTOCOL_VERSION } from "@flock/proto";
import { TREASURY, TreasuryDepositState } from "@flock/proto/treasury";
import { startTestNats, type TestNats } from "@flock/provision/testing";
import { associatedTokenAccount } from "@flock/solana";
import { jest } from "@jest/globals";
import fc from "fast-check";
import { faultOfOwner } from "../src/deposits/owners.js";
import { claimMethod } from "../src/handlers/claim.js";
import { depositInstructionsMethod } from "../src/handlers/deposit-instructions.js";
import { suspenseMethods } from "../src/handlers/suspense.js";
import { readMovementRecord } from "../src/store/movements.js";
import { keylessAddress, slipOf } from "./misspelt.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

/* To whose name LLAMA may be put: in memos, reference keys, claims and assignments. */

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
  test = await bench.treasury();
  alice = test.wallet();
  await alice.fund();
  await test.request(alice.address, llama(1_000));
  await test.payAll();
  const stop = new AbortController();
  const methods = [
    depositInstructionsMethod(test.treasury),
    claimMethod(test.treasury),
    ...suspenseMethods(test.treasury),
  ];
  const serving = serve(mesh, "treasury", methods).start(stop.signal);
  stopServing = async () => {
    stop.abort();
    await serving;
  };
});

afterEach(async () => {
  jest.restoreAllMocks();
  test.ledger.isAway = false;
  await test.keepBooks();
  await test.expectReconciled();
});

afterAll(async () => {
  await stopServing();
  await mesh.close();
  await test.close();
  await nats.stop();
  await bench.stop();
});

const address = () => test.treasury.signer.address;
const walletOf = (account: string) => test.ledger.balance(`wallet:${account}`);
const suspended = () => test.ledger.balance("suspense:deposits");
const movement = (signature: string) => readMovementRecord(test.treasury.db.kysely, signature);
const instructionsOf = (accountId: string) =>
  call(mesh, TREASURY.depositInstructions, { version, accountId });

/** Finalized, and seen by nobody yet. */
async function land(payment: { memo?: string; reference?: string; amount?: bigint }): Promise<string> {
  const { memo, reference, amount = LLAMA } = payment;
  const signature = await alice.pay({
    to: address(),
    amount,
    memos: memo === undefined ? [] : [memo],
    references: reference === undefined ? [] : [reference],
  });
  await bench.chain.controls.advanceSlots(40);
  return signature;
}

async function deposit(payment: Parameters<typeof land>[0]): Promise<string> {
  const signature = await land(payment);
  await test.learn();
  return signature;
}

function claim(signature: string, to: string) {
  const { network } = test.treasury;
  const account = alice.address;
  const text = claimText({ network, account, deposit: signature, to, expiresMs: Date.now() + 60_000 });
  return call(mesh, TREASURY.claim, { version, text, signature: alice.sign(text) });
}

function assign(signature: string, accountId: string) {
  const order = { signature, accountId, operator: "ann", reason: "ticket 11" };
  return call(mesh, TREASURY.assign, { version, ...order });
}

const derived = () => {
  const { wallet, mint } = test.treasury.accounts;
  return associatedTokenAccount(associatedTokenAccount(wallet, mint), mint);
};

/** Names that are nobody's, and why: in words for whoever gives one. */
const NOBODY: readonly (readonly [string, () => string, RegExp])[] = [
  ["the sender's address without its last letter", () => alice.address.slice(0, -1), /./],
  ["the sender's address without its first letter", () => alice.address.slice(1), /./],
  ["the sender's address and a letter more", () => `${alice.address}a`, /./],
  ["another wallet's address that looks like the sender's", () => slipOf(alice.address), /was .* meant\?$/],
  ["the sender's address in small letters", () => alice.address.toLowerCase(), /./],
  ["an address that no key has", keylessAddress, /is no key's address/],
  ["a program's address, off the curve", derived, /off the curve/],
  ["the mint", () => test.treasury.accounts.mint, /is the mint of LLAMA$/],
  ["the treasury", () => test.treasury.signer.address, /is the treasury itself$/],
  [
    "the treasury's token account",
    () => test.treasury.accounts.tokenAccount,
    /is the treasury's token account$/,
  ],
  ["a sysvar", () => "SysvarRent111111111111111111111111111111111", /the network's own/],
  ["the system program", () => "11111111111111111111111111111111", /the network's own/],
  ["the incinerator", () => "1nc1nerator11111111111111111111111111111111", /the network's own/],
  ["the token program", () => "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", /is a program$/],
  ["the memo program", () => "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", /is a program$/],
  ["a name without an account", () => "nobody", /there is no account nobody/],
  ["an account's name in other letters", () => "Demo", /there is no account Demo/],
  ["an account of the ledger's own", () => "rewards", /there is no account rewards/],
];

beforeAll(() => test.ledger.open("demo"));

describe("a deposit whose memo names", () => {
  it.each(NOBODY)("%s waits in suspense, and its sender can claim it", async (_, nameOf) => {
    const name = nameOf();
    const signature = await deposit({ memo: `flock:${name}` });
    expect(await movement(signature)).toMatchObject({
      state: "suspended",
      reason: "unknown_account",
      accountId: "",
      named: name,
    });
    expect([walletOf(name), suspended()]).toEqual([0n, LLAMA]);
    const { deposits } = await call(mesh, TREASURY.suspense, { version, cursor: "", limit: 1 });
    expect(deposits).toMatchObject([{ signature, named: name, reason: "unknown_account" }]);
    const before = walletOf(alice.address);
    expect((await claim(signature, alice.address)).deposit).toMatchObject({
      state: TreasuryDepositState.CLAIMED,
      accountId: alice.address,
      named: name,
    });
    expect([walletOf(alice.address) - before, suspended()]).toEqual([LLAMA, 0n]);
  });

  it.each<[string, () => string | Promise<string>]>([
    ["its sender's wallet", () => alice.address],
    ["a wallet that nobody has heard of", () => generateIdentity().id],
    ["an account that the ledger knows", () => "demo"],
    [
      "a worker that has earned something",
      () => {
        test.ledger.give("earnings:worker-7", 1n);
        return "worker-7";
      },
    ],
    [
      "an account that was told how to pay in",
      async () => (await instructionsOf("new-account")).memo.slice(6),
    ],
    [
      "an account that was told how to pay in, though its name is a slip of the sender's",
      async () => (await instructionsOf(slipOf(alice.address, 20))).memo.slice(6),
    ],
  ])("%s is credited to it", async (_, nameOf) => {
    const name = await nameOf();
    const before = walletOf(name);
    const signature = await deposit({ memo: `flock:${name}` });
    expect(await movement(signature)).toMatchObject({ state: "credited", accountId: name, named: name });
    expect([walletOf(name) - before, suspended()]).toEqual([LLAMA, 0n]);
  });

  it("an account that looks like one that was told how to pay in, waits in suspense, whoever sent it", async () => {
    const { id } = generateIdentity();
    await instructionsOf(id);
    const signature = await deposit({ memo: `flock:${slipOf(id)}` });
    expect(await movement(signature)).toMatchObject({ state: "suspended", reason: "unknown_account" });
    await claim(signature, id);
    expect(walletOf(id)).toBe(LLAMA);
  });

  it("a misspelt address that was credited before this was checked is not credited again", async () => {
    const name = keylessAddress();
    test.ledger.give(`wallet:${name}`, 1n);
    const signature = await deposit({ memo: `flock:${name}` });
    expect(await movement(signature)).toMatchObject({ state: "suspended" });
    await assign(signature, "demo");
    expect(walletOf(name)).toBe(1n);
  });
});

describe("a deposit with the reference key of", () => {
  it("an account that was told of it is credited to that account, of the mint waits in suspense", async () => {
    const mint = test.treasury.accounts.mint;
    const [known, own] = await Promise.all(["api-account", mint].map(instructionsOf));
    const signature = await deposit({ reference: known?.reference ?? "" });
    expect(await movement(signature)).toMatchObject({ state: "credited", accountId: "api-account" });
    const waiting = await deposit({ reference: own?.reference ?? "" });
    expect(await movement(waiting)).toMatchObject({ state: "suspended", named: mint });
    await claim(waiting, "demo");
  });
});

describe("a deposit to a name that only the ledger can know", () => {
  it("waits while the ledger is away, neither credited nor in suspense, and holds up nothing else", async () => {
    jest.spyOn(test.ledger, "ownerExists").mockRejectedValue(new FlockError("unavailable", "away"));
    const { id } = generateIdentity();
    const before = walletOf("demo");
    const [waiting, nobodys] = [await land({ memo: "flock:demo" }), await land({ memo: "flock:nobody" })];
    const plain = await land({ memo: `flock:${id}` });
    await test.scan();
    for (let round = 0; round < 3; round++)
      await expect(test.keepBooks()).rejects.toMatchObject({ code: "unavailable" });
    expect(await movement(waiting)).toMatchObject({ state: "seen", isDecided: false });
    expect(await movement(nobodys)).toMatchObject({ state: "seen", isDecided: false });
    expect(await movement(plain)).toMatchObject({ state: "credited" });
    expect([walletOf("demo"), walletOf(id), suspended()]).toEqual([before, LLAMA, 0n]);
    await expect(claim(waiting, alice.address)).rejects.toMatchObject({ code: "unavailable" });
    await expect(assign(waiting, "demo")).rejects.toMatchObject({ code: "unavailable" });
    await test.reconciler.round();
    expect(await test.stops()).toEqual([]);
    jest.restoreAllMocks();
    await test.keepBooks();
    expect(await movement(waiting)).toMatchObject({ state: "credited" });
    expect(await movement(nobodys)).toMatchObject({ state: "suspended" });
    expect(walletOf("demo") - before).toBe(LLAMA);
    await claim(nobodys, alice.address);
  });

  it.each([
    ["is in suspense", "late", "suspended"],
    ["is credited", "demo", "credited"],
  ])(
    "%s as was decided first, when the answer of the ledger was lost and accounts have changed since",
    async (_, name, state) => {
      const booked = test.ledger.deposit.bind(test.ledger);
      const told = jest.spyOn(test.ledger, "deposit").mockImplementationOnce(async (...call) => {
        await booked(...call);
        throw new FlockError("deadline_exceeded", "the answer is lost");
      });
      const signature = await land({ memo: `flock:${name}` });
      await test.scan();
      await expect(test.keepBooks()).rejects.toMatchObject({ code: "deadline_exceeded" });
      expect(await movement(signature)).toMatchObject({ state: "seen", isDecided: true });
      test.ledger.open("late");
      const asked = jest.spyOn(test.ledger, "ownerExists");
      await test.keepBooks();
      expect(asked).not.toHaveBeenCalled();
      expect(told.mock.calls[0]).toEqual(told.mock.calls[1]);
      expect(await movement(signature)).toMatchObject({ state });
      if (state === "suspended") await claim(signature, name);
    },
  );

  it("that was on record before this was decided keeps its account: the ledger may know it already", async () => {
    jest.spyOn(test.ledger, "ownerExists").mockRejectedValue(new FlockError("unavailable", "away"));
    const signature = await land({ memo: "flock:of-old" });
    await test.scan();
    // As the migration leaves what an earlier version has recorded.
    await test.treasury.db.pool.query("UPDATE movements SET is_decided = true WHERE signature = $1", [
      signature,
    ]);
    await test.keepBooks();
    expect(await movement(signature)).toMatchObject({ state: "credited", accountId: "of-old" });
    expect(walletOf("of-old")).toBe(LLAMA);
  });
});

describe("what nobody is known by", () => {
  it.each(NOBODY)("can be credited neither by a claim nor by an operator: %s", async (_, nameOf, reason) => {
    const [name, signature] = [nameOf(), await deposit({})];
    const order = { code: "invalid_argument", message: expect.stringMatching(reason) };
    await expect(claim(signature, name)).rejects.toMatchObject(order);
    await expect(assign(signature, name)).rejects.toMatchObject(order);
    expect([walletOf(name), suspended()]).toEqual([0n, LLAMA]);
    const { rows } = await test.treasury.db.pool.query("SELECT FROM assignments WHERE signature = $1", [
      signature,
    ]);
    expect(rows).toEqual([]);
    const { id } = generateIdentity();
    await (name.length % 2 === 0 ? claim(signature, id) : assign(signature, id));
    expect([walletOf(id), suspended()]).toEqual([LLAMA, 0n]);
  });

  it("is any address of which a letter is missing, wrong, twice or too many, beside the right one", async () => {
    const letter = fc.constantFrom(..."123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz_-0OIl");
    const slip = fc.record({ at: fc.nat(43), letter, how: fc.constantFrom("remove", "change", "add") });
    await fc.assert(
      fc.asyncProperty(slip, fc.boolean(), async ({ at, letter, how }, isSender) => {
        const { id } = generateIdentity();
        const rest = id.slice(how === "add" ? at : at + 1);
        const name = id.slice(0, at) + (how === "remove" ? "" : letter) + rest;
        fc.pre(name !== id);
        if (!isSender) await instructionsOf(id);
        expect(await faultOfOwner(test.treasury, name, isSender ? [id] : [])).toBeDefined();
        expect(await faultOfOwner(test.treasury, id, [])).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });
});
