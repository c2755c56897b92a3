import { generateIdentity } from "@flock/keys";
import { PayoutState } from "@flock/proto/ledger";
import {
  ACCOUNT_SIZE,
  AuthorityType,
  createCloseAccountInstruction,
  createInitializeAccount3Instruction,
  createSetAuthorityInstruction,
  createTransferCheckedInstruction,
  MINT_SIZE,
  TOKEN_2022_PROGRAM_ID,
  TOKEN_PROGRAM_ID,
} from "@solana/spl-token";
import { PublicKey, StakeProgram, SystemProgram, type TransactionInstruction } from "@solana/web3.js";
import { isOwnAccountFit } from "../src/books/own-account-check.js";
import { TestIssuer } from "./test-issuer.js";
import { LLAMA, llama, TestBench, type TestTreasury } from "./test-treasury.js";
import type { TestWallet } from "./test-wallet.js";

/* Token accounts that are emptied, closed, frozen or given away behind the treasury's back, by the real programs. */

let bench: TestBench;
let test: TestTreasury;
let issuer: TestIssuer;

beforeAll(async () => {
  bench = await TestBench.start();
});
beforeEach(async () => {
  ({ test, issuer } = await bench.freezableTreasury());
  test.ledger.open("alice");
});
afterEach(async () => {
  await Promise.all(bench.chain.nodes.map(({ controls }) => controls.clearFaults()));
  await test.close();
});
afterAll(() => bench.stop());

interface Waiting {
  readonly wallets: readonly TestWallet[];
  readonly ids: readonly string[];
}

const address = () => test.treasury.signer.address;
const own = () => test.keys.tokenAccount;
const halts = async () => (await test.stops()).map(({ subject }) => subject);
const holdings = async () => (await test.treasury.endpoints.any((chain) => chain.holdings())).amount;

async function batchStates(): Promise<string[]> {
  const { rows } = await test.treasury.db.pool.query<{ state: string }>(
    "SELECT state FROM batches ORDER BY created_at",
  );
  return rows.map(({ state }) => state);
}

async function fundedWallet(): Promise<TestWallet> {
  const wallet = test.wallet();
  await wallet.fund();
  await wallet.openTokenAccount();
  await bench.chain.controls.advanceSlots(5);
  return wallet;
}

/** Two payouts in a batch that is signed and not sent, and one that is reserved. */
async function payoutsUnderWay(): Promise<Waiting> {
  const wallets = [test.wallet(), test.wallet(), test.wallet()];
  const ids = [];
  for (const [index, wallet] of wallets.entries()) {
    if (index === 2) await test.sign();
    ids.push(await test.request(wallet.address, llama(3)));
  }
  await test.keepBooks();
  return { wallets, ids };
}

/**
 * All that is under way waits as it is: nobody is paid, nothing is posted, nothing is given back, nothing is signed.
 */
async function expectAllReserved({ wallets, ids }: Waiting, batches: readonly string[]): Promise<void> {
  for (const id of ids) {
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    expect(test.ledger.payouts.get(id)).toMatchObject({ state: PayoutState.RESERVED });
  }
  for (const wallet of wallets) expect(await wallet.balance()).toBe(0n);
  expect(await batchStates()).toEqual(batches);
}

async function expectPaidOnce({ wallets, ids }: Waiting): Promise<void> {
  for (let round = 0; round < 4; round++) await test.payAll();
  for (const id of ids) expect(await test.payout(id)).toMatchObject({ state: "posted" });
  for (const wallet of wallets) expect(await wallet.balance()).toBe(3n * LLAMA);
  await test.expectReconciled();
}

describe("the treasury's token account, when somebody who has its key", () => {
  it("empties it, pays nobody and halts; when all is back and the halt is lifted, everybody is paid once", async () => {
    const alice = await fundedWallet();
    await test.request(alice.address, llama(9));
    await test.payAll();
    const waiting = await payoutsUnderWay();
    const fence = await fundedWallet();
    const amount = await holdings();
    await test.keyHolder().pay({ to: fence.address, amount });
    await bench.chain.controls.advanceSlots(1);
    await test.send();
    await test.finalize();
    expect(await halts()).toEqual(["foreign"]);
    expect(test.logged.join()).toContain("payouts are halted");
    await test.sign();
    await expectAllReserved(waiting, ["finalized", "failed"]);

    // Lifted too early.
    await test.liftAll();
    await test.sign();
    expect(test.logged.join()).toContain("the token account does not hold what is to be paid");
    await expectAllReserved(waiting, ["finalized", "failed"]);
    await test.reconciler.round();
    expect(await halts()).toEqual(["books"]);

    // It comes back in parts, and what others send meanwhile is theirs.
    await fence.pay({ to: address(), amount: amount - llama(7), feePayer: test.keyHolder() });
    await alice.pay({ to: address(), amount: 9n * LLAMA, memos: ["flock:alice"] });
    await test.finalize();
    expect(test.ledger.balance("wallet:alice")).toBe(9n * LLAMA);
    await test.liftAll();
    await test.reconciler.round();
    expect(await halts()).toEqual(["books"]);
    await fence.pay({ to: address(), amount: llama(7), feePayer: test.keyHolder() });
    await test.finalize();
    await test.liftAll();
    await expectPaidOnce(waiting);
  });

  it("empties and closes it, pays nobody and halts; when it is there again with all of it, everybody is paid once", async () => {
    const waiting = await payoutsUnderWay();
    const fence = await fundedWallet();
    const amount = await holdings();
    const { wallet, mint } = test.keys;
    await test
      .keyHolder()
      .send([
        createTransferCheckedInstruction(own(), mint, fence.tokenAccount, wallet, amount, 6),
        createCloseAccountInstruction(own(), wallet, wallet),
      ]);
    await bench.chain.controls.advanceSlots(1);
    await test.send();
    await test.finalize();
    expect(await halts()).toEqual(["foreign"]);
    // The balance of what does not exist cannot be had, but that it does not exist is said.
    await expect(test.reconciler.round()).rejects.toMatchObject({ code: "unavailable" });
    expect(await halts()).toEqual(["foreign", "account"]);
    await test.sign();
    await expectAllReserved(waiting, ["failed"]);

    await test.liftAll();
    await test.sign();
    expect(await test.stops()).toMatchObject([
      { kind: "halt", subject: "account", reason: expect.stringContaining("does not exist") },
    ]);
    await expectAllReserved(waiting, ["failed"]);

    // Paying into it makes it.
    await fence.pay({ to: address(), amount, feePayer: test.keyHolder() });
    await test.finalize();
    await test.liftAll();
    await expectPaidOnce(waiting);
  });

  it("gives it away, halts although it holds as much as before, and blames no recipient", async () => {
    const waiting = await payoutsUnderWay();
    const stranger = await fundedWallet();
    const before = await holdings();
    await test.keyHolder().giveTokenAccountTo(stranger.keypair.publicKey);
    await bench.chain.controls.advanceSlots(1);
    await test.send();
    await test.finalize();
    expect(await holdings()).toBe(before);
    await test.reconciler.round();
    expect(await test.stops()).toMatchObject([
      { subject: "account", reason: expect.stringContaining(`was given to ${stranger.address}`) },
    ]);
    await test.liftAll();
    await test.sign();
    expect(await halts()).toEqual(["account"]);
    await expectAllReserved(waiting, ["failed"]);

    const { publicKey } = stranger.keypair;
    const { wallet } = test.keys;
    await stranger.send([
      createSetAuthorityInstruction(own(), publicKey, AuthorityType.AccountOwner, wallet),
    ]);
    await test.finalize();
    await test.liftAll();
    await expectPaidOnce(waiting);
  });
});

describe("the treasury's token account, when it is frozen,", () => {
  it("pays nobody, halts, and blames no recipient; thawed and lifted, everybody is paid once", async () => {
    const waiting = await payoutsUnderWay();
    await issuer.freeze(own());
    await test.send();
    await test.finalize();
    for (let round = 0; round < 5; round++) {
      await test.sign();
      expect(await test.stops()).toMatchObject([
        { kind: "halt", subject: "account", reason: expect.stringContaining("is frozen") },
      ]);
      await test.liftAll();
    }
    expect(test.logged.join()).toContain("payouts are halted");
    await expectAllReserved(waiting, ["failed"]);
    await issuer.thaw(own());
    await expectPaidOnce(waiting);
  });

  it("signs nothing, and halts nothing, while one endpoint still finds it fit", async () => {
    const waiting = await payoutsUnderWay();
    await test.expire();
    await bench.chain.nodes[1]?.controls.lag(20);
    await issuer.freeze(own());
    await test.sign();
    expect(await halts()).toEqual([]);
    await expectAllReserved(waiting, ["expired"]);
    await bench.chain.nodes[1]?.controls.lag(0);
    await test.sign();
    expect(await halts()).toEqual(["account"]);
    await issuer.thaw(own());
    await test.liftAll();
    await expectPaidOnce(waiting);
  });

  it("and was never opened, halts nothing: there is nothing to pay yet", async () => {
    const fresh = await bench.open({ key: generateIdentity(), mint: issuer.mint });
    expect(await isOwnAccountFit(fresh.treasury)).toBe(false);
    expect(await fresh.stops()).toEqual([]);
    await fresh.close();
  });
});

/** Makes an account at the address of a key, as a program wants it. */
async function makeAccount(at: TestWallet, program: PublicKey, more: TransactionInstruction[] = []) {
  const payer = await fundedWallet();
  const account = SystemProgram.createAccount({
    fromPubkey: payer.keypair.publicKey,
    newAccountPubkey: at.keypair.publicKey,
    lamports: 10_000_000,
    space: program === TOKEN_PROGRAM_ID ? ACCOUNT_SIZE : MINT_SIZE,
    programId: program,
  });
  await payer.send([account, ...more], [at.keypair]);
  await bench.chain.controls.advanceSlots(5);
}

async function makeTokenAccount(at: TestWallet, mint: string): Promise<void> {
  const owner = new PublicKey(generateIdentity().id);
  const key = at.keypair.publicKey;
  await makeAccount(at, TOKEN_PROGRAM_ID, [
    createInitializeAccount3Instruction(key, new PublicKey(mint), owner),
  ]);
}

describe("a recipient, after the payout was accepted,", () => {
  it.each<[string, (recipient: TestWallet) => Promise<void>, RegExp]>([
    [
      "frozen",
      async (recipient) => {
        await recipient.fund();
        await recipient.openTokenAccount();
        await bench.chain.controls.advanceSlots(1);
        await issuer.freeze(recipient.tokenAccount);
      },
      /is frozen$/,
    ],
    [
      "a token account of another mint",
      async (recipient) => {
        const other = await TestIssuer.issue(bench.chain, generateIdentity().id);
        await bench.chain.controls.advanceSlots(1);
        await makeTokenAccount(recipient, other.mint);
      },
      /is a token account, of another mint$/,
    ],
    [
      "a token account of LLAMA",
      (recipient) => makeTokenAccount(recipient, issuer.mint),
      /give the address of the wallet that owns it$/,
    ],
    [
      "an account of Token-2022",
      (recipient) => makeAccount(recipient, TOKEN_2022_PROGRAM_ID),
      /belongs to Token-2022/,
    ],
    [
      "an account of some other program",
      (recipient) => makeAccount(recipient, StakeProgram.programId),
      /is an account of the program Stake1{38}, not a wallet$/,
    ],
    [
      "an account of the system program with room for a nonce",
      (recipient) => makeAccount(recipient, SystemProgram.programId),
      /is a nonce account, not a wallet$/,
    ],
  ])(
    "that is %s is given its payout back, with the reason, and the others are paid once",
    async (_, make, reason) => {
      const [other, recipient] = [test.wallet(), test.wallet()];
      const paid = await test.request(other.address, llama(3));
      const refused = await test.request(recipient.address, llama(3));
      await test.keepBooks();
      await make(recipient);
      await expectPaidOnce({ wallets: [other], ids: [paid] });
      const payout = await test.payout(refused);
      expect(payout).toMatchObject({ state: "voided", signature: "" });
      expect(payout.reason).toMatch(reason);
      expect(test.ledger.available(`vested:${recipient.address}`)).toBe(3n * LLAMA);
      expect(await batchStates()).toEqual(["finalized"]);
    },
  );

  it("that is frozen after its batch was signed fails it, is found, and the others are paid once", async () => {
    const poison = await fundedWallet();
    const waiting = { wallets: [test.wallet(), test.wallet(), test.wallet()], ids: [] as string[] };
    for (const { address: to } of waiting.wallets) waiting.ids.push(await test.request(to, llama(3)));
    const poisoned = await test.request(poison.address, llama(3));
    await test.sign();
    await issuer.freeze(poison.tokenAccount);
    await test.send();
    await test.finalize();
    expect(await batchStates()).toEqual(["failed"]);
    await expectPaidOnce(waiting);
    const { state, reason } = await test.payout(poisoned);
    expect([state, reason]).toEqual(["voided", expect.stringMatching(/is frozen$/)]);
    expect(test.ledger.available(`vested:${poison.address}`)).toBe(3n * LLAMA);
    // Asked for again when it is thawed, it is paid like any other.
    await issuer.thaw(poison.tokenAccount);
    await expectPaidOnce({ wallets: [poison], ids: [await test.request(poison.address, llama(3))] });
  });

  it("that closes its token account again and again, is paid into a new one, once", async () => {
    const recipient = await fundedWallet();
    const id = await test.request(recipient.address, llama(3));
    await test.sign();
    await recipient.closeTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    await test.send();
    await test.finalize();
    expect(await batchStates()).toEqual(["failed"]);
    await recipient.openTokenAccount();
    await bench.chain.controls.advanceSlots(5);
    await test.sign();
    await recipient.closeTokenAccount();
    await bench.chain.controls.advanceSlots(1);
    await test.send();
    await test.finalize();
    expect(await batchStates()).toEqual(["failed", "failed"]);
    expect(await test.payout(id)).toMatchObject({ state: "reserved" });
    await expectPaidOnce({ wallets: [recipient], ids: [id] });
  });
});
