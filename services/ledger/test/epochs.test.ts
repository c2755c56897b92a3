import { jest } from "@jest/globals";
import { closeNextEpoch } from "../src/close-epoch.js";
import type { Operation } from "../src/domain/operations.js";
import type { GroupCommitter } from "../src/group-committer.js";
import { readEpoch, setAnchored } from "../src/store/epochs.js";
import { fundOf, micro, runJob, serverForFile, type TestLedger } from "./test-ledger.js";

jest.setTimeout(120_000);

const server = serverForFile();
let ledger: TestLedger;
let committer: GroupCommitter;

beforeEach(async () => {
  ledger = await server.ledger();
  committer = ledger.committer();
});
afterEach(() => ledger.close());

const submit = (operation: Operation) => committer.submit(operation);

const job = (jobId: string, account: string, cost: bigint, workerId?: string) =>
  runJob(committer, jobId, account, cost, workerId);

const close = () => ledger.closeEpoch(committer);

describe("an epoch that closes", () => {
  it("vests what was not clawed back, emits, and divides its fees, to the last µLLAMA", async () => {
    await submit(fundOf("g", "alice", 1_000_000n));
    await submit(fundOf("h", "staker", 1_000_000n));
    await submit({ kind: "stake", requestId: "s", owner: "staker", amount: micro(600n) });
    await ledger.endEpoch();
    await submit({ kind: "stake", requestId: "flash", owner: "alice", amount: micro(100_000n) });
    await submit({ kind: "unstake", requestId: "unflash", owner: "alice", amount: micro(100_000n) });
    await job("a", "alice", 10_000n, "one");
    await job("b", "alice", 10_010n, "two");
    await job("c", "alice", 5_000n, "two");
    expect(await submit({ kind: "clawback", jobId: "c" })).toMatchObject({
      kind: "clawed_back",
      amount: 4_750n,
    });
    await ledger.endEpoch();
    expect(await close()).toMatchObject({ epoch: 0n });
    const closed = await close();
    expect(closed).toMatchObject({ epoch: 1n, statement: { total: { jobs: 3n, jobsClawedBack: 1n } } });
    // F = 500 + 501 of the jobs that stand; emission half of it, stakers 40 %, the others 30 % each.
    expect(await ledger.available("vested:one")).toBe(9_500n + (500n * 500n) / 1_001n);
    expect(await ledger.available("vested:two")).toBe(9_509n + (500n * 501n) / 1_001n);
    expect(await ledger.available("earnings:two")).toBe(0n);
    expect(await ledger.available("stake:staker")).toBe(600n + 400n);
    expect(await ledger.available("stake:alice")).toBe(0n);
    expect(await ledger.available("pool:slashed")).toBe(4_750n + 250n);
    expect(await ledger.available("pool:fees")).toBe(1n);
    expect(await close()).toBeUndefined();
    await ledger.expectRightBooks();
  });

  it("has a statement that its root was computed from, and that says the same again", async () => {
    await submit(fundOf("g", "alice", 1_000_000n));
    await job("a", "alice", 10_000n);
    await ledger.endEpoch();
    const closed = await close();
    const lines = await ledger.statementOf(0n);
    expect(lines).toHaveLength(closed?.statement.lines ?? -1);
    expect(lines.map(({ kind }) => kind)).toEqual(["header", "job", "worker", "account", "total"]);
    expect(await readEpoch(ledger.db.pool, 0n)).toMatchObject({ state: "closed", lines: 5n });
    expect(await setAnchored(ledger.db.pool, 0n, "sig")).toBe(true);
    expect(await setAnchored(ledger.db.pool, 0n, "other")).toBe(false);
  });

  it("pays everybody once, however often the ledger dies in between", async () => {
    await submit(fundOf("g", "alice", 1_000_000n));
    for (let i = 0; i < 20; i++) await job(`j${i}`, "alice", 1_000n, `w${i}`);
    await ledger.endEpoch();
    let deaths = 0;
    const dying = async () => {
      let left = 7 * (deaths + 1);
      const run = async (operation: Operation) => {
        left -= 1;
        if (left < 0) throw new Error("died");
        return await submit(operation);
      };
      return await closeNextEpoch({ db: ledger.db, reports: ledger.db, operations: { run: run as never } });
    };
    for (;;) {
      const closed = await dying().catch(() => "died" as const);
      if (closed !== "died") break;
      deaths += 1;
    }
    expect(deaths).toBeGreaterThan(3);
    for (let i = 0; i < 20; i++) expect(await ledger.available(`vested:w${i}`)).toBe(950n + 25n);
    await ledger.expectRightBooks();
  });
});

describe("an epoch's time", () => {
  /** Another ledger, whose first epoch is over in a moment. */
  async function begin(firstEpochSeconds: number): Promise<void> {
    await ledger.close();
    ledger = await server.ledger({ firstEpochSeconds });
    committer = ledger.committer();
  }

  it("is that of the commits in it, also of those that come when it is just over", async () => {
    await begin(1);
    await submit(fundOf("g", "alice", 1_000_000n));
    let next = 0;
    const settling = async () => {
      while ((await readEpoch(ledger.db.pool, 1n)) === undefined) await job(`j${next++}`, "alice", 10n);
      await job(`j${next++}`, "alice", 10n);
    };
    await Promise.all(Array.from({ length: 8 }, settling));
    expect(await ledger.count("settlements")).toBe(next);
    const { rows } = await ledger.db.pool.query(
      `SELECT s.job_id FROM settlements s JOIN epochs e ON e.number = s.epoch
        WHERE s.settled_at < e.starts_at OR s.settled_at >= e.ends_at`,
    );
    expect(rows).toEqual([]);
  });

  it("ends challenges: a clawback is refused once the epoch closes, and accepted until then", async () => {
    await submit(fundOf("g", "alice", 1_000_000n));
    await job("a", "alice", 1_000n);
    await job("b", "alice", 1_000n);
    await ledger.endEpoch();
    expect(await submit({ kind: "clawback", jobId: "a" })).toMatchObject({ kind: "clawed_back" });
    await close();
    expect(await submit({ kind: "clawback", jobId: "b" })).toEqual({ kind: "too_late" });
    expect(await submit({ kind: "clawback", jobId: "a" })).toMatchObject({
      kind: "clawed_back",
      amount: 950n,
    });
    expect(await submit({ kind: "clawback", jobId: "none" })).toEqual({ kind: "not_found" });
  });

  it("that nobody was there for belongs to the epoch that follows", async () => {
    await ledger.tamper(
      "UPDATE epochs SET starts_at = now() - interval '20 h', ends_at = now() - interval '15 h'",
    );
    await ledger.db.pool.query("SELECT turn_epoch('{}', 36000, 0)");
    const { rows } = await ledger.db.pool.query<{ is_next: boolean; hours: bigint }>(
      `SELECT n.starts_at = e.ends_at AS is_next, (extract(epoch FROM n.ends_at - n.starts_at) / 3600)::bigint AS hours
         FROM epochs e, epochs n WHERE e.number = 0 AND n.number = 1 AND n.ends_at > now()`,
    );
    expect(rows).toEqual([{ is_next: true, hours: 20n }]);
  });
});
