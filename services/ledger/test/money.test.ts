import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveFromStatement } from "@flock/epochs";
import { LEDGER_METHODS } from "@flock/mesh";
import { EpochState, EVENTS, LedgerEpochClosed, PayoutState } from "@flock/proto";
import { eventually, startTestNats, type TestNats } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { auditBooks } from "../src/audit/audit-books.js";
import { replayBooks } from "../src/replay/replay-books.js";
import { connectForTest, LedgerUnderTest } from "./ledger-under-test.js";
import { insist, MeshClient, signatureOf } from "./mesh-client.js";
import { type LedgerServer, startLedgerServer, type TestLedger } from "./test-ledger.js";

const FUNDS = 1_000_000n;

jest.setTimeout(120_000);

let server: LedgerServer;
let nats: TestNats;
let books: TestLedger;
let ledger: LedgerUnderTest;
let client: MeshClient;
let tests = 0;
/** A funded account of the test's own; ids of its requests begin with the same. */
let alice: string;

const ask: MeshClient["ask"] = (method, request) => client.ask(method, request);

/** A signature of the test's own. */
const signature = (name: string) => signatureOf(`${alice}${name}`);

beforeAll(async () => {
  [server, nats] = await Promise.all([startLedgerServer(), startTestNats()]);
  books = await server.ledger();
  ledger = await LedgerUnderTest.start({ DATABASE_URL: books.url, NATS_URL: nats.url });
  client = new MeshClient(await connectForTest(nats.url));
});

beforeEach(async () => {
  alice = `a${++tests}`;
  await insist(() => client.fund(`${alice}-funding`, alice, FUNDS));
});

afterAll(async () => {
  await ledger.stop();
  expect(await auditBooks(books.db)).toEqual([]);
  await client.mesh.close();
  await books.close();
  await nats.stop();
  await server.stop();
});

// First, while the first epoch is open.
describe("the first epoch", () => {
  it("is closed, told, proven, anchored, and what it paid can be collected or paid out", async () => {
    const told: LedgerEpochClosed[] = [];
    client.mesh.nats.subscribe(EVENTS.ledgerEpochClosed, {
      callback: (_, msg) => void told.push(LedgerEpochClosed.decode(msg.data)),
    });
    for (const [job, tokens] of [
      ["a", 10_000],
      ["b", 20_000],
      ["c", 30_000],
    ] as const) {
      await client.hold(`${alice}-${job}`, alice, 100_000n);
      await client.completed(`${alice}-${job}`, alice, tokens, "worker");
    }
    await eventually("all are settled", async () => (await books.available("earnings:worker")) === 57_000n);
    const taken = await ask(LEDGER_METHODS.clawback, { jobId: `${alice}-c` });
    expect(taken).toMatchObject({ workerId: "worker", amountMicro: 28_500n });
    expect(await ask(LEDGER_METHODS.clawback, { jobId: `${alice}-c` })).toEqual(taken);
    await books.endEpoch();
    await eventually("the epoch is told to be closed", () => told.length > 0);
    const [epoch] = told.map((event) => event.epoch);
    if (epoch === undefined) throw new Error("an event without an epoch");
    expect(epoch).toMatchObject({ number: 0, state: EpochState.CLOSED, parametersVersion: 1 });

    const fees = 500n + 1_000n;
    expect(await books.available("vested:worker")).toBe(9_500n + 19_000n + fees / 2n);
    expect(
      await ask(LEDGER_METHODS.payable, { thresholdMicro: 29_250n, cursor: "", limit: 10 }),
    ).toMatchObject({
      accounts: [{ workerId: "worker", ledgerAccount: "vested:worker", availableMicro: 29_250n }],
      nextCursor: "",
    });
    expect(
      await ask(LEDGER_METHODS.payable, { thresholdMicro: 29_251n, cursor: "", limit: 10 }),
    ).toMatchObject({
      accounts: [],
    });
    await expectProof(Buffer.from(epoch.statementRoot).toString("hex"));

    const collect = { requestId: `${alice}-collect`, workerId: "worker", amountMicro: 250n };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER_METHODS.collect, collect)).toMatchObject({
        vestedMicro: 29_000n,
        availableMicro: 250n,
      });
    await expect(
      ask(LEDGER_METHODS.collect, { ...collect, requestId: `${alice}-more`, amountMicro: 29_001n }),
    ).rejects.toMatchObject({
      code: "insufficient_funds",
      message: "0.029001 LLAMA are needed, 0.029 are available",
    });
    const payout = { payoutId: `${alice}-p`, ledgerAccount: "vested:worker", amountMicro: 29_000n };
    expect(await ask(LEDGER_METHODS.reservePayout, payout)).toMatchObject({ availableMicro: 0n });
    await expect(ask(LEDGER_METHODS.clawback, { jobId: `${alice}-a` })).rejects.toMatchObject({
      code: "failed_precondition",
    });
    const back = { jobId: `${alice}-c`, amountMicro: 30_000n };
    expect(await ask(LEDGER_METHODS.compensate, back)).toMatchObject({ accountId: alice });
    await expect(ask(LEDGER_METHODS.compensate, { ...back, amountMicro: 1n })).rejects.toMatchObject({
      code: "already_exists",
    });
    expect(await books.available("pool:slashed")).toBe(0n);
    await expectAnchored(epoch.statementRoot);
  });

  async function expectProof(root: string): Promise<void> {
    const page = await ask(LEDGER_METHODS.epochStatement, { epoch: 0, cursor: "" });
    expect(page.nextCursor).toBe("");
    const directory = await mkdtemp(join(tmpdir(), "flock-statement-"));
    const path = join(directory, "epoch-0");
    await writeFile(path, page.lines.map((line) => `${line}\n`).join(""));
    const proven = proveFromStatement({ path, root, party: { kind: "worker", id: "worker" } });
    expect(proven).toMatchObject({ line: { jobs: 2n, jobsClawedBack: 1n, vest: 28_500n, emission: 750n } });
    await rm(directory, { recursive: true });
  }

  async function expectAnchored(root: Uint8Array): Promise<void> {
    const anchor = { epoch: 0, root, signature: signature("anchor") };
    await expect(
      ask(LEDGER_METHODS.epochAnchored, { ...anchor, root: new Uint8Array(32) }),
    ).rejects.toMatchObject({
      code: "invalid_argument",
    });
    const list = (state: EpochState) => ask(LEDGER_METHODS.epochs, { cursor: "", limit: 0, state });
    expect((await list(EpochState.CLOSED)).epochs).toMatchObject([{ number: 0 }]);
    for (let twice = 0; twice < 2; twice++) await ask(LEDGER_METHODS.epochAnchored, anchor);
    await expect(
      ask(LEDGER_METHODS.epochAnchored, { ...anchor, signature: signature("other") }),
    ).rejects.toMatchObject({
      code: "already_exists",
    });
    expect((await list(EpochState.CLOSED)).epochs).toEqual([]);
    expect((await list(EpochState.UNSPECIFIED)).epochs).toMatchObject([
      { number: 1, state: EpochState.OPEN },
      { number: 0, state: EpochState.ANCHORED, anchorSignature: signature("anchor") },
    ]);
    await expect(ask(LEDGER_METHODS.epochStatement, { epoch: 1, cursor: "" })).rejects.toMatchObject({
      code: "failed_precondition",
    });
    await expect(ask(LEDGER_METHODS.epochStatement, { epoch: 7, cursor: "" })).rejects.toMatchObject({
      code: "not_found",
    });
  }

  it("is part of what a worker is told that it earned, per day and model", async () => {
    const { earnings, nextCursor } = await ask(LEDGER_METHODS.earnings, {
      workerId: "worker",
      cursor: "",
      days: 0,
    });
    expect(nextCursor).toBe("");
    expect(earnings).toMatchObject([
      {
        model: "flock-tiny:latest",
        jobs: 3n,
        completionTokens: 60_000n,
        shareMicro: 57_000n,
        clawedBackMicro: 28_500n,
      },
    ]);
    expect(earnings[0]?.day).toMatch(/^20\d\d-\d\d-\d\d$/);
    const before = await ask(LEDGER_METHODS.earnings, {
      workerId: "worker",
      cursor: earnings[0]?.day ?? "",
      days: 1,
    });
    expect(before).toMatchObject({ earnings: [], nextCursor: "" });
  });
});

describe("deposits", () => {
  it("are credited once, whoever sends them again", async () => {
    const deposit = { signature: signature("d"), accountId: alice, amountMicro: 500n };
    const replies = await Promise.all(Array.from({ length: 5 }, () => ask(LEDGER_METHODS.deposit, deposit)));
    for (const reply of replies) expect(reply).toMatchObject({ availableMicro: FUNDS + 500n });
    for (const other of [{ amountMicro: 501n }, { accountId: "bob" }, { accountId: "" }])
      await expect(ask(LEDGER_METHODS.deposit, { ...deposit, ...other })).rejects.toMatchObject({
        code: "already_exists",
      });
    await expect(
      ask(LEDGER_METHODS.custody, { signature: deposit.signature, amountMicro: 500n }),
    ).rejects.toMatchObject({ code: "already_exists" });
    expect(await client.balance("external:solana")).toMatchObject({ postedMicro: -500n });
  });

  it("without an account wait in suspense for one claim of the whole", async () => {
    const suspended = { signature: signature("s"), accountId: "", amountMicro: 70n };
    expect(await ask(LEDGER_METHODS.deposit, suspended)).toMatchObject({ availableMicro: 0n });
    expect(await client.balance("suspense:deposits")).toMatchObject({ postedMicro: 70n });
    const claim = { signature: suspended.signature, accountId: alice };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER_METHODS.claimDeposit, claim)).toMatchObject({
        amountMicro: 70n,
        availableMicro: FUNDS + 70n,
      });
    await expect(ask(LEDGER_METHODS.claimDeposit, { ...claim, accountId: "bob" })).rejects.toMatchObject({
      code: "already_exists",
    });
    const attributed = { signature: signature("t"), accountId: alice, amountMicro: 1n };
    await ask(LEDGER_METHODS.deposit, attributed);
    for (const signed of [attributed.signature, signature("none")])
      await expect(
        ask(LEDGER_METHODS.claimDeposit, { signature: signed, accountId: alice }),
      ).rejects.toMatchObject({
        code: "not_found",
      });
  });

  it("and custody tell how much of the supply was never handed to the treasury", async () => {
    const custody = { signature: signature("c"), amountMicro: 5_000n };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER_METHODS.custody, custody)).toMatchObject({ outsideMicro: 10n ** 17n - 5_000n });
    await expect(ask(LEDGER_METHODS.deposit, { ...custody, accountId: alice })).rejects.toMatchObject({
      code: "already_exists",
    });
    const { totals, chainPosition } = await ask(LEDGER_METHODS.totals, {});
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
    await expect(ask(LEDGER_METHODS.deposit, deposit)).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("payouts", () => {
  const reserve = (payoutId: string, amountMicro: bigint) =>
    ask(LEDGER_METHODS.reservePayout, { payoutId, ledgerAccount: `wallet:${alice}`, amountMicro });

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
      expect(await ask(LEDGER_METHODS.postPayout, post)).toMatchObject({ state: PayoutState.POSTED });
    await expect(
      ask(LEDGER_METHODS.postPayout, { ...post, signature: signature("q") }),
    ).rejects.toMatchObject({
      code: "already_exists",
    });
    await expect(ask(LEDGER_METHODS.voidPayout, { payoutId: id })).rejects.toMatchObject({
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
      expect(await ask(LEDGER_METHODS.voidPayout, { payoutId: id })).toMatchObject({
        state: PayoutState.VOIDED,
      });
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ availableMicro: FUNDS, heldMicro: 0n });
    await expect(
      ask(LEDGER_METHODS.postPayout, { payoutId: id, signature: signature("p") }),
    ).rejects.toMatchObject({
      code: "failed_precondition",
    });
    expect(await reserve(id, FUNDS)).toMatchObject({ state: PayoutState.VOIDED });
    for (const method of [LEDGER_METHODS.voidPayout, LEDGER_METHODS.postPayout])
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
      await expect(ask(LEDGER_METHODS.reservePayout, payout)).rejects.toMatchObject({
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
    await expect(ask(LEDGER_METHODS.clawback, { jobId })).rejects.toMatchObject({
      code: "failed_precondition",
      message: `job ${jobId} paid its worker nothing: it stands`,
    });
    const compensate = (amountMicro: bigint) => ask(LEDGER_METHODS.compensate, { jobId, amountMicro });
    await expect(compensate(1n)).rejects.toMatchObject({
      code: "failed_precondition",
      message: `job ${jobId} is not clawed back, and a slash in its name took 0 LLAMA: that much can be given back`,
    });
    await ask(LEDGER_METHODS.stake, { requestId: `${alice}-s`, owner: alice, amountMicro: 10n });
    await ask(LEDGER_METHODS.slash, { caseId: jobId, owner: alice, amountMicro: 5n });
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
      expect(await ask(LEDGER_METHODS.stake, stake)).toMatchObject({
        stakedMicro: 1_000n,
        availableMicro: FUNDS - 1_000n,
      });
    const unstake = { requestId: `${alice}-u`, owner: alice, amountMicro: 400n };
    const begun = await ask(LEDGER_METHODS.unstake, unstake);
    expect(begun).toMatchObject({ stakedMicro: 600n });
    expect(begun.releaseUnixMs).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    expect(await ask(LEDGER_METHODS.unstake, unstake)).toEqual(begun);
    await expect(ask(LEDGER_METHODS.unstake, { ...unstake, amountMicro: 1n })).rejects.toMatchObject({
      code: "already_exists",
    });
    await expect(
      ask(LEDGER_METHODS.unstake, { ...unstake, requestId: `${alice}-v`, amountMicro: 601n }),
    ).rejects.toMatchObject({
      code: "insufficient_funds",
      message: "0.000601 LLAMA are needed, 0.0006 are available",
    });
    const slash = { caseId: `${alice}-case`, owner: alice, amountMicro: 700n };
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER_METHODS.slash, slash)).toMatchObject({
        fromStakeMicro: 600n,
        fromCoolingMicro: 100n,
      });
    await expect(ask(LEDGER_METHODS.slash, { ...slash, owner: "nobody", caseId: "x" })).rejects.toMatchObject(
      {
        code: "failed_precondition",
      },
    );
    expect((await ask(LEDGER_METHODS.unstakes, { owner: alice, cursor: "", limit: 0 })).unstakes).toEqual([
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
