import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveFromStatement } from "@flock/epochs";
import { EVENTS } from "@flock/proto";
import { LedgerEpochClosed } from "@flock/proto/events";
import { type ClawbackReply, type Epoch, EpochState, LEDGER } from "@flock/proto/ledger";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { type MeshClient, signatureOf } from "./mesh-client.js";
import { ServedLedger } from "./served-ledger.js";
import type { TestLedger } from "./test-ledger.js";

/*
 * What can be asked about an epoch that the service has closed. Each worker is one test's own, so that none of them
 * depends on another: `worker` is only looked at, `collector` collects, `payee` is paid out.
 */
jest.setTimeout(120_000);

let ledger: ServedLedger;
let client: MeshClient;
let books: TestLedger;
/** As it was told when it was closed. */
let epoch: Epoch;
/** The answer to the clawback of the job `taken`, while it could be challenged. */
let clawback: ClawbackReply;

const ask: MeshClient["ask"] = (method, request) => client.ask(method, request);

const JOBS = [
  { job: "small", worker: "worker", tokens: 10_000 },
  { job: "large", worker: "worker", tokens: 20_000 },
  { job: "taken", worker: "worker", tokens: 30_000 },
  { job: "collected", worker: "collector", tokens: 10_000 },
  { job: "paid-out", worker: "payee", tokens: 10_000 },
];
/** Of the jobs that stand; half of it is emitted, in proportion to the fees of each worker's jobs. */
const FEES = 500n + 1_000n + 500n + 500n;
const EMISSION = FEES / 2n;
const VESTED = {
  worker: 9_500n + 19_000n + (EMISSION * 1_500n) / FEES,
  collector: 9_500n + (EMISSION * 500n) / FEES,
  payee: 9_500n + (EMISSION * 500n) / FEES,
};

beforeAll(async () => {
  ledger = await ServedLedger.start();
  ({ client, books } = ledger);
  const told: LedgerEpochClosed[] = [];
  client.mesh.nats.subscribe(EVENTS.ledgerEpochClosed, {
    callback: (_, msg) => void told.push(LedgerEpochClosed.decode(msg.data)),
  });
  await ledger.fund("client", 1_000_000n);
  for (const { job, worker, tokens } of JOBS) {
    await client.hold(job, "client", 100_000n);
    await client.completed(job, "client", tokens, worker);
  }
  await eventually("all are settled", async () => (await books.count("settlements")) === JOBS.length);
  clawback = await ask(LEDGER.clawback, { jobId: "taken" });
  await books.endEpoch();
  epoch = await eventually("the epoch is told to be closed", () => told[0]?.epoch);
});

afterAll(() => ledger.stop());

describe("a closed epoch", () => {
  it("is told of as an event, with its parameters and its root", () => {
    expect(epoch).toMatchObject({ number: 0, state: EpochState.CLOSED, parametersVersion: 1 });
    expect(epoch.statementRoot).toHaveLength(32);
  });

  it("has vested what its jobs paid, but for what was clawed back, and emitted by their fees", async () => {
    expect(await books.available("vested:worker")).toBe(VESTED.worker);
    expect(await books.available("earnings:worker")).toBe(0n);
  });

  it("makes payable who has at least the threshold, and nobody else", async () => {
    const payable = (thresholdMicro: bigint) =>
      ask(LEDGER.payable, { thresholdMicro, cursor: "", limit: 10 });
    expect(await payable(VESTED.worker)).toMatchObject({
      accounts: [{ workerId: "worker", ledgerAccount: "vested:worker", availableMicro: VESTED.worker }],
      nextCursor: "",
    });
    expect(await payable(VESTED.worker + 1n)).toMatchObject({ accounts: [] });
  });

  it("has a statement from which a worker's amounts are proven against its root", async () => {
    const page = await ask(LEDGER.epochStatement, { epoch: 0, cursor: "" });
    expect(page.nextCursor).toBe("");
    const directory = await mkdtemp(join(tmpdir(), "flock-statement-"));
    const path = join(directory, "epoch-0");
    await writeFile(path, page.lines.map((line) => `${line}\n`).join(""));
    const root = Buffer.from(epoch.statementRoot).toString("hex");
    const proven = proveFromStatement({ path, root, party: { kind: "worker", id: "worker" } });
    expect(proven).toMatchObject({ line: { jobs: 2n, jobsClawedBack: 1n, vest: 28_500n, emission: 750n } });
    await rm(directory, { recursive: true });
  });

  it("is part of what a worker is told that it earned, per day and model", async () => {
    const earned = (cursor: string, days: number) =>
      ask(LEDGER.earnings, { workerId: "worker", cursor, days, doneBy: "", fromDay: "", toDay: "" });
    const { earnings } = await earned("", 0);
    expect(earnings).toMatchObject([
      {
        model: "flock-tiny:latest",
        jobs: 3n,
        completionTokens: 60_000n,
        shareMicro: 57_000n,
        clawedBackMicro: 28_500n,
        doneBy: "worker",
      },
    ]);
    expect(earnings[0]?.day).toMatch(/^20\d\d-\d\d-\d\d$/);
    expect(await earned(earnings[0]?.day ?? "", 1)).toMatchObject({ earnings: [], nextCursor: "" });
  });

  it("is anchored once, by its own root", async () => {
    const anchor = { epoch: 0, root: epoch.statementRoot, signature: signatureOf("anchor") };
    const list = async (state: EpochState) =>
      (await ask(LEDGER.epochs, { cursor: "", limit: 0, state })).epochs;
    await expect(ask(LEDGER.epochAnchored, { ...anchor, root: new Uint8Array(32) })).rejects.toMatchObject({
      code: "invalid_argument",
    });
    expect(await list(EpochState.CLOSED)).toMatchObject([{ number: 0 }]);
    for (let twice = 0; twice < 2; twice++) await ask(LEDGER.epochAnchored, anchor);
    await expect(
      ask(LEDGER.epochAnchored, { ...anchor, signature: signatureOf("other") }),
    ).rejects.toMatchObject({ code: "already_exists" });
    expect(await list(EpochState.CLOSED)).toEqual([]);
    expect(await list(EpochState.UNSPECIFIED)).toMatchObject([
      { number: 1, state: EpochState.OPEN },
      { number: 0, state: EpochState.ANCHORED, anchorSignature: anchor.signature },
    ]);
  });
});

describe("an epoch that is open, or never was", () => {
  it.each([
    [1, "failed_precondition"],
    [7, "not_found"],
  ])("has no statement (number %i)", async (number, code) => {
    const statement = ask(LEDGER.epochStatement, { epoch: number, cursor: "" });
    await expect(statement).rejects.toMatchObject({ code });
  });
});

describe("a job of a closed epoch", () => {
  it("was clawed back in time, whole, and a repeated clawback is answered as the first was", async () => {
    expect(clawback).toMatchObject({ workerId: "worker", amountMicro: 28_500n });
    expect(await ask(LEDGER.clawback, { jobId: "taken" })).toEqual(clawback);
  });

  it("can no longer be challenged", async () => {
    await expect(ask(LEDGER.clawback, { jobId: "small" })).rejects.toMatchObject({
      code: "failed_precondition",
    });
  });

  it("has its client compensated once, with all of its charge, if it was clawed back", async () => {
    const slashedBefore = await books.available("pool:slashed");
    const compensate = (amountMicro: bigint) => ask(LEDGER.compensate, { jobId: "taken", amountMicro });
    for (let twice = 0; twice < 2; twice++)
      expect(await compensate(30_000n)).toMatchObject({ accountId: "client" });
    await expect(compensate(1n)).rejects.toMatchObject({ code: "already_exists" });
    expect(await books.available("pool:slashed")).toBe(slashedBefore - 30_000n);
  });
});

describe("what a closed epoch paid", () => {
  it("is collected into the worker's wallet, once, and never more than there is", async () => {
    const collect = { requestId: "collect", workerId: "collector", amountMicro: 250n };
    const left = VESTED.collector - 250n;
    for (let twice = 0; twice < 2; twice++)
      expect(await ask(LEDGER.collect, collect)).toMatchObject({
        vestedMicro: left,
        availableMicro: 250n,
      });
    await expect(
      ask(LEDGER.collect, { ...collect, requestId: "more", amountMicro: left + 1n }),
    ).rejects.toMatchObject({
      code: "insufficient_funds",
      message: "0.009501 LLAMA are needed, 0.0095 are available",
    });
  });

  it("can be reserved for a payout, to the last µLLAMA", async () => {
    const payout = { payoutId: "payout", ledgerAccount: "vested:payee", amountMicro: VESTED.payee };
    expect(await ask(LEDGER.reservePayout, payout)).toMatchObject({ availableMicro: 0n });
  });
});
