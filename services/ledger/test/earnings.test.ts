import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { closeNextEpoch } from "../src/close-epoch.js";
import type { Operation } from "../src/domain/operations.js";
import type { GroupCommitter } from "../src/group-committer.js";
import { type DayEarningsRow, type EarningsPlace, readDayEarnings } from "../src/store/day-earnings.js";
import { readEarningsTotals } from "../src/store/earnings-totals.js";
import { fundOf, holdOf, micro, runJob, serverForFile, settleOf, type TestLedger } from "./test-ledger.js";

jest.setTimeout(120_000);

const server = serverForFile();
let ledger: TestLedger;
let committer: GroupCommitter;

beforeEach(async () => {
  ledger = await server.ledger();
  committer = ledger.committer();
  await submit(fundOf("g", "client", 10_000_000n));
});
afterEach(() => ledger.close());

const submit = (operation: Operation) => committer.submit(operation);
const job = (jobId: string, cost: bigint, workerId = "earner") =>
  runJob(committer, jobId, "client", cost, workerId);

/** What is told, once it has been held to the accounts of the ledger. */
async function told() {
  const { totals, vesting } = await readEarningsTotals(ledger.db, "earner");
  const { earned, clawedBack, collected, paid } = totals;
  const balances = await ledger.balances();
  expect(totals.vesting).toBe(balances.get("earnings:earner") ?? 0n);
  expect(totals.vested).toBe(balances.get("vested:earner") ?? 0n);
  expect(vesting.reduce((sum, { amount }) => sum + amount, 0n)).toBe(totals.vesting);
  expect(clawedBack + totals.vesting + totals.vested + collected + paid).toBe(earned);
  return { ...totals, epochs: vesting.map(({ epoch, amount }) => [epoch, amount]) };
}

describe("what has become of earnings", () => {
  it("adds up with the ledger's accounts at every step from the job to the chain", async () => {
    expect(await told()).toMatchObject({ earned: 0n, vesting: 0n, epochs: [] });
    await job("a", 10_000n);
    await job("b", 20_000n);
    await job("others", 7_000n, "other");
    await submit({ kind: "clawback", jobId: "b" });
    const open = { earned: 28_500n, clawedBack: 19_000n, vesting: 9_500n };
    expect(await told()).toMatchObject({ ...open, emission: 0n, epochs: [[0n, 9_500n]] });

    await ledger.endEpoch();
    await job("c", 40_000n);
    const ended = [
      [0n, 9_500n],
      [1n, 38_000n],
    ];
    expect(await told()).toMatchObject({ earned: 66_500n, vesting: 47_500n, epochs: ended });

    await ledger.closeEpoch(committer);
    const emission = 250n;
    const closed = { earned: 66_500n + emission, emission, vesting: 38_000n, vested: 9_750n };
    expect(await told()).toMatchObject({ ...closed, epochs: [[1n, 38_000n]] });

    await submit({ kind: "collect", requestId: "c", workerId: "earner", amount: micro(750n) });
    const payout = { payoutId: "p", account: "vested:earner", amount: micro(4_000n) } as const;
    await submit({ kind: "reserve_payout", ...payout });
    expect(await told()).toMatchObject({ vested: 9_000n, collected: 750n, paid: 0n });
    await submit({ kind: "post_payout", payoutId: "p", signature: "s" });
    expect(await told()).toMatchObject({ vested: 5_000n, collected: 750n, paid: 4_000n });
    await ledger.expectRightBooks();
  });

  it("is for closed epochs what their statements say", async () => {
    await job("a", 10_001n);
    await job("b", 20_003n);
    await job("taken", 5_000n);
    await job("others", 7_777n, "other");
    await submit({ kind: "clawback", jobId: "taken" });
    await ledger.endEpoch();
    await job("c", 30_009n);
    await ledger.endEpoch();
    const lines = [];
    for (const epoch of [0n, 1n]) {
      await ledger.closeEpoch(committer);
      lines.push(...(await ledger.statementOf(epoch)));
    }
    const own = lines.flatMap((line) => (line.kind === "worker" && line.worker === "earner" ? [line] : []));
    const jobs = lines.flatMap((line) => (line.kind === "job" && line.worker === "earner" ? [line] : []));
    const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n);
    const emission = sum(own.map((line) => line.emission));
    const clawedBack = sum(jobs.map((line) => (line.isClawedBack ? line.workerShare : 0n)));
    expect([own.length, jobs.length]).toEqual([2, 4]);
    expect(await told()).toMatchObject({
      emission,
      clawedBack,
      earned: sum(jobs.map((line) => line.workerShare)) + emission,
      vested: sum(own.map((line) => line.vest)) + emission,
      vesting: 0n,
      epochs: [],
    });
    const { rows } = await readDayEarnings(ledger.db, question({}));
    expect(sum(rows.map((row) => row.share))).toBe(sum(jobs.map((line) => line.workerShare)));
    expect(sum(rows.map((row) => row.clawed_back))).toBe(clawedBack);
    expect(sum(rows.map((row) => row.jobs))).toBe(4n);
  });

  it("is right while an epoch is closing, and has paid some and not others", async () => {
    await job("a", 10_000n);
    await ledger.endEpoch();
    const run = async (operation: Operation) => {
      if (operation.kind === "distribute" && operation.distribution !== "vest") throw new Error("died");
      return await submit(operation);
    };
    const dying = closeNextEpoch({ db: ledger.db, reports: ledger.db, operations: { run: run as never } });
    await expect(dying).rejects.toThrow("died");
    expect(await ledger.epochs("closing")).toHaveLength(1);
    await eventually("it has vested", async () => (await ledger.available("vested:earner")) > 0n);
    expect(await told()).toMatchObject({ vesting: 0n, vested: 9_500n, epochs: [] });
  });
});

const question = (more: { readonly doneBy?: string; readonly after?: EarningsPlace; rowsMax?: number }) => ({
  workerId: "earner",
  doneBy: undefined,
  from: undefined,
  to: undefined,
  after: undefined,
  daysMax: 31,
  rowsMax: 1_000,
  ...more,
});

describe("earnings by day, model and worker", () => {
  const NAMES = ["ann", "bob", undefined];
  const DAYS = ["2026-11-22", "2026-11-21", "2026-11-20"];

  /** On three days, of two models, by three workers that are paid to one account. */
  async function workThreeDays(): Promise<void> {
    for (const day of [0, 1, 2])
      for (const model of ["m:1", "n:1"])
        for (const doneBy of NAMES) {
          const jobId = `${day}-${model[0]}-${doneBy ?? "own"}`;
          const named = doneBy === undefined ? {} : { doneBy };
          await submit(holdOf(jobId, "client", 100n));
          await submit(settleOf(jobId, "client", 100n, { workerId: "earner", model, ...named }));
        }
    await ledger.tamper(
      "UPDATE settlements SET settled_at = '2026-11-22 12:00Z'::timestamptz - left(job_id, 1)::int * interval '1 day'",
    );
  }

  it.each([1, 2, 3, 4, 6, 7, 100])("are told once and in order in pages of %i rows", async (rowsMax) => {
    await workThreeDays();
    const rows: DayEarningsRow[] = [];
    let after: EarningsPlace | undefined;
    do {
      const page = await readDayEarnings(ledger.db, question({ rowsMax, ...(after && { after }) }));
      expect(page.rows.length).toBeLessThanOrEqual(rowsMax);
      rows.push(...page.rows);
      after = page.end;
    } while (after !== undefined);
    const places = rows.map(({ day, model, done_by }) => `${day} ${model} ${done_by}`);
    expect(places).toHaveLength(18);
    const ordered = DAYS.flatMap((day) =>
      ["m:1", "n:1"].flatMap((model) => ["ann", "bob", "earner"].map((name) => `${day} ${model} ${name}`)),
    );
    expect(places).toEqual(ordered);
  });

  it("are told of one worker, also of the account itself, and of some days", async () => {
    await workThreeDays();
    for (const doneBy of ["ann", "earner"]) {
      const { rows } = await readDayEarnings(ledger.db, question({ doneBy }));
      expect(rows.map((row) => row.done_by)).toEqual(Array(6).fill(doneBy));
    }
    const [, middle] = DAYS;
    const { rows } = await readDayEarnings(ledger.db, { ...question({}), from: middle, to: middle });
    expect(rows.map(({ day }) => day)).toEqual(Array(6).fill(middle));
  });
});
