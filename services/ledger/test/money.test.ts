import { LEDGER, PayoutState } from "@flock/proto/ledger";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { replayBooks } from "../src/replay/replay-books.js";
import { type MeshClient, signatureOf } from "./mesh-client.js";
import { ServedLedger } from "./served-ledger.js";
import type { TestLedger } from "./test-ledger.js";

const FUNDS = 1_000_000n;

jest.setTimeout(120_000);

let ledger: ServedLedger;
let client: MeshClient;
let books: TestLedger;
let tests = 0;
/** A funded account of the test's own; ids of its requests begin with the same. */
let alice: string;

const ask: MeshClient["ask"] = (method, request) => client.ask(method, request);

/** A signature of the test's own. */
const signature = (name: string) => signatureOf(`${alice}${name}`);

beforeAll(async () => {
  ledger = await ServedLedger.start();
  ({ client, books } = ledger);
});

beforeEach(async () => {
  alice = `a${++tests}`;
  await ledger.fund(alice, FUNDS);
});

afterAll(() => ledger.stop());

describe("deposits", () => {
  it("are credited once, whoever sends them again", async () => {
    const deposit = { signature: signature("d"), accountId: alice, amountMicro: 500n };
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask(LEDGER.deposit, deposit)));
    for (const reply of replies) expect(reply).toMatchObject({ availableMicro: FUNDS + 500n });
    for (const other of [{ amountMicro: 501n }, { accountId: "bob" }, { accountId: "" }])
      await expect(ask(LEDGER.deposit, { ...deposit, ...other })).rejects.toMatchObject({
        code: "already_exists",
      });
    await expect(
      ask(LEDGER.custody, { signature: deposit.signature, amountMicro: 500n }),
    ).rejects.toMatchObject({ code: "already_exists" });
    expect(await client.balance("external:solana")).toMatchObject({ postedMicro: -500n });
  });

  it("without an account wait in suspense for one claim of the whole", async () => {
    const suspended = { signature: signature("s"), accountId: "", amountMicro: 70n };
    expect(await ask(LEDGER.deposit, suspended)).toMatchObject({ availableMicro: 0n });
    expect(await client.balance("suspense:deposits")).toMatchObject({ postedMicro: 70n });
    const claim = { signature: suspended.signature, accountId: alice };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.claimDeposit, claim)).toMatchObject({
        amountMicro: 70n,
        availableMicro: FUNDS + 70n,
      });
    await expect(ask(LEDGER.claimDeposit, { ...claim, accountId: "bob" })).rejects.toMatchObject({
      code: "already_exists",
    });
    const attributed = { signature: signature("t"), accountId: alice, amountMicro: 1n };
    await ask(LEDGER.deposit, attributed);
    for (const signed of [attributed.signature, signature("none")])
      await expect(ask(LEDGER.claimDeposit, { signature: signed, accountId: alice })).rejects.toMatchObject({
        code: "not_found",
      });
  });

  it("and custody tell how much of the supply was never handed to the treasury", async () => {
    const custody = { signature: signature("c"), amountMicro: 5_000n };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.custody, custody)).toMatchObject({ outsideMicro: 10n ** 17n - 5_000n });
    await expect(ask(LEDGER.deposit, { ...custody, accountId: alice })).rejects.toMatchObject({
      code: "already_exists",
    });
    const { totals, chainPosition } = await ask(LEDGER.totals, {});
    expect(totals.reduce((sum, { postedMicro }) => sum + postedMicro, 0n)).toBe(0n);
    expect(chainPosition).toBeGreaterThan(0n);
  });

  it.each<[string, object]>([
    ["nothing", { amountMicro: 0n }],
    ["less than nothing", { amountMicro: -1n }],
    ["more than exists", { amountMicro: 10n ** 17n + 1n }],
    ["as much as an integer holds", { amountMicro: 2n ** 63n - 1n }],
    ["a signature that is none", { signature: "0".repeat(88) }],
    ["a signature that is too short", { signature: "1".repeat(63) }],
    ["an account that is none", { accountId: "wallet:alice" }],
  ])("of %s are refused", async (_, change) => {
    const deposit = { signature: signature("x"), accountId: alice, amountMicro: 1n, ...change };
    await expect(ask(LEDGER.deposit, deposit)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("payouts", () => {
  const reserve = (payoutId: string, amountMicro: bigint) =>
    ask(LEDGER.reservePayout, { payoutId, ledgerAccount: `wallet:${alice}`, amountMicro });

  it("are reserved, then posted once with one signature", async () => {
    const id = `${alice}-p`;
    expect(await reserve(id, 300n)).toMatchObject({
      state: PayoutState.RESERVED,
      availableMicro: FUNDS - 300n,
    });
    await expect(reserve(id, 301n)).rejects.toMatchObject({ code: "already_exists" });
    await expect(reserve(`${id}2`, FUNDS)).rejects.toMatchObject({
      code: "insufficient_funds",
      message: "1 LLAMA are needed, 0.9997 are available",
    });
    const post = { payoutId: id, signature: signature("p") };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.postPayout, post)).toMatchObject({ state: PayoutState.POSTED });
    await expect(ask(LEDGER.postPayout, { ...post, signature: signature("q") })).rejects.toMatchObject({
      code: "already_exists",
    });
    await expect(ask(LEDGER.voidPayout, { payoutId: id })).rejects.toMatchObject({
      code: "failed_precondition",
      message: `payout ${id} is posted`,
    });
    expect(await reserve(id, 300n)).toMatchObject({
      state: PayoutState.POSTED,
      availableMicro: FUNDS - 300n,
    });
  });

  it("that will never land are given back, and not posted any more", async () => {
    const id = `${alice}-p`;
    await reserve(id, FUNDS);
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.voidPayout, { payoutId: id })).toMatchObject({
        state: PayoutState.VOIDED,
      });
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ availableMicro: FUNDS, heldMicro: 0n });
    await expect(ask(LEDGER.postPayout, { payoutId: id, signature: signature("p") })).rejects.toMatchObject({
      code: "failed_precondition",
    });
    expect(await reserve(id, FUNDS)).toMatchObject({ state: PayoutState.VOIDED });
    for (const method of [LEDGER.voidPayout, LEDGER.postPayout])
      await expect(
        ask<{ version: number; payoutId: string }, { version: number }>(
          method as never,
          {
            payoutId: "none",
            signature: signature("p"),
          } as never,
        ),
      ).rejects.toMatchObject({ code: "not_found" });
  });

  it.each(["pool:dev", "earnings:worker", "stake:alice", "external:solana"])(
    "never come from %s",
    async (ledgerAccount) => {
      const payout = { payoutId: `${alice}-p`, ledgerAccount, amountMicro: 1n };
      await expect(ask(LEDGER.reservePayout, payout)).rejects.toMatchObject({
        code: "invalid_argument",
      });
    },
  );
});

describe("a job that stands", () => {
  it("has its client compensated by what a slash in its name took, and by nothing else", async () => {
    const jobId = `${alice}-j`;
    const feesBefore = await books.available("pool:fees");
    await client.hold(jobId, alice, 100n);
    await client.completed(jobId, alice, 1, `${alice}-w`);
    await eventually("it is settled", async () => (await books.available("pool:fees")) === feesBefore + 1n);
    await expect(ask(LEDGER.clawback, { jobId })).rejects.toMatchObject({
      code: "failed_precondition",
      message: `job ${jobId} paid its worker nothing: it stands`,
    });
    const compensate = (amountMicro: bigint) => ask(LEDGER.compensate, { jobId, amountMicro });
    await expect(compensate(1n)).rejects.toMatchObject({
      code: "failed_precondition",
      message: `job ${jobId} is not clawed back, and a slash in its name took 0 LLAMA: that much can be given back`,
    });
    await ask(LEDGER.stake, { requestId: `${alice}-s`, owner: alice, amountMicro: 10n });
    await ask(LEDGER.slash, { caseId: jobId, owner: alice, amountMicro: 5n });
    await expect(compensate(2n)).rejects.toMatchObject({
      code: "invalid_argument",
      message: `job ${jobId} was charged 0.000001 LLAMA, not more`,
    });
    for (let twice = 0; twice < 2; twice++)
      expect(await compensate(1n)).toMatchObject({ accountId: alice, availableMicro: FUNDS - 10n });
  });
});

describe("stakes", () => {
  it("are staked, unstaked into a cooldown, and slashed, stake first", async () => {
    const stake = { requestId: `${alice}-s`, owner: alice, amountMicro: 1_000n };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.stake, stake)).toMatchObject({
        stakedMicro: 1_000n,
        availableMicro: FUNDS - 1_000n,
      });
    const unstake = { requestId: `${alice}-u`, owner: alice, amountMicro: 400n };
    const begun = await ask(LEDGER.unstake, unstake);
    expect(begun).toMatchObject({ stakedMicro: 600n });
    expect(begun.releaseUnixMs).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    expect(await ask(LEDGER.unstake, unstake)).toEqual(begun);
    await expect(ask(LEDGER.unstake, { ...unstake, amountMicro: 1n })).rejects.toMatchObject({
      code: "already_exists",
    });
    await expect(
      ask(LEDGER.unstake, { ...unstake, requestId: `${alice}-v`, amountMicro: 601n }),
    ).rejects.toMatchObject({
      code: "insufficient_funds",
      message: "0.000601 LLAMA are needed, 0.0006 are available",
    });
    const slash = { caseId: `${alice}-case`, owner: alice, amountMicro: 700n };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.slash, slash)).toMatchObject({
        fromStakeMicro: 600n,
        fromCoolingMicro: 100n,
      });
    await expect(ask(LEDGER.slash, { ...slash, owner: "nobody", caseId: "x" })).rejects.toMatchObject({
      code: "failed_precondition",
    });
    expect((await ask(LEDGER.unstakes, { owner: alice, cursor: "", limit: 0 })).unstakes).toEqual([
      {
        requestId: `${alice}-u`,
        amountMicro: 400n,
        releaseUnixMs: begun.releaseUnixMs,
        isReleased: false,
        releasedMicro: 0n,
      },
    ]);
    expect(await client.balance(`cooling:${alice}`)).toMatchObject({ postedMicro: 300n });
  });
});

describe("the events", () => {
  it("rebuild the books, while the ledger goes on", async () => {
    let isDone = false;
    const going = (async () => {
      for (let i = 0; !isDone; i++) await client.hold(`${alice}-${i}`, alice, 1n);
    })();
    for (let i = 0; i < 3; i++) {
      const report = await replayBooks(books.db, client.mesh);
      expect(report.faults).toEqual([]);
      expect(report.position).toBeGreaterThan(0n);
    }
    isDone = true;
    await going;
  });

  it("tell when someone has changed a balance past all rules", async () => {
    const change = (amount: bigint) =>
      books.tamper(
        `UPDATE accounts SET posted_credit = posted_credit + ${amount} WHERE code = 'wallet:${alice}'`,
      );
    await change(5n);
    const { faults } = await replayBooks(books.db, client.mesh);
    expect(faults).toEqual([
      `wallet:${alice} is ${FUNDS + 5n} with 0 on hold in the database, ${FUNDS} with 0 by the events`,
    ]);
    await change(-5n);
    expect((await replayBooks(books.db, client.mesh)).faults).toEqual([]);
  });
});
