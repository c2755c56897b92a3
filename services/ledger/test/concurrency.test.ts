import { setTimeout as sleep } from "node:timers/promises";
import { FlockError } from "@flock/errors";
import { jest } from "@jest/globals";
import fc from "fast-check";
import type { Operation, OutcomeOf } from "../src/domain/operations.js";
import type { GroupCommitter } from "../src/group-committer.js";
import { foldCommits } from "../src/store/fold.js";
import { anyOperation, beginningOf } from "./random-operations.js";
import { fundOf, holdOf, micro, serverForFile, settleOf, type TestLedger } from "./test-ledger.js";

/** In the name of the test that uses it. */
const SEED = Number(process.env["LEDGER_MODEL_SEED"] ?? Date.now() % 2 ** 31);
const CLIENTS = 64;
const WALLETS = 8;
const FUNDS = 5_000n;

jest.setTimeout(120_000);

const server = serverForFile();
let ledger: TestLedger;

beforeEach(async () => {
  ledger = await server.ledger();
  const committer = ledger.committer();
  await Promise.all(
    Array.from({ length: WALLETS }, (_, i) => committer.submit(fundOf(`g${i}`, `w${i}`, FUNDS))),
  );
});
afterEach(() => ledger.close());

/** As a caller of the mesh does: the same operation again, until there is an answer. */
async function insist<O extends Operation>(committer: GroupCommitter, operation: O): Promise<OutcomeOf<O>> {
  for (;;) {
    try {
      return await committer.submit(operation, 1_000);
    } catch (error) {
      if (FlockError.from(error).retry === "never") throw error;
      await sleep(10);
    }
  }
}

interface Tally {
  held: number;
  settled: number;
  charged: bigint;
}

/** Each client takes jobs through the ledgers, every operation doubled on the other ledger. */
async function clients(committers: readonly GroupCommitter[], jobsPerClient: number): Promise<Tally> {
  const tally: Tally = { held: 0, settled: 0, charged: 0n };
  const both = async <O extends Operation>(client: number, operation: O): Promise<OutcomeOf<O>> => {
    const order = client % 2 === 0 ? committers : [...committers].reverse();
    const answers: OutcomeOf<O>[] = [];
    await Promise.all(order.map(async (one) => answers.push(await insist(one, operation))));
    const [first] = answers;
    if (first === undefined) throw new Error("no committer");
    return first;
  };
  const client = async (_: unknown, index: number) => {
    for (let i = 0; i < jobsPerClient; i++) {
      const jobId = `c${index}-${i}`;
      const accountId = `w${(index + i) % WALLETS}`;
      const held = await both(index, holdOf(jobId, accountId, 300n, { amountMin: micro(1n) }));
      if (held.kind !== "held") continue;
      tally.held += 1;
      if (i % 5 === 4) await both(index, { kind: "void", jobId });
      else {
        const settled = await both(
          index,
          settleOf(jobId, accountId, BigInt((index * 7 + i) % 40), { workerId: `k${index % 4}` }),
        );
        expect(["settled", "already_settled"]).toContain(settled.kind);
        tally.settled += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return tally;
}

async function expectNothingLost(tally: Tally): Promise<void> {
  expect(await ledger.count("open_holds")).toBe(0);
  expect(await ledger.count("settlements")).toBe(tally.settled);
  const { rows } = await ledger.db.pool.query<{ charged: bigint; transfers: bigint }>(
    `SELECT coalesce(sum(charge_micro), 0)::bigint AS charged, (SELECT count(*) FROM transfers WHERE phase = 'pending') AS transfers
       FROM settlements`,
  );
  expect(Number(rows[0]?.transfers)).toBe(tally.held);
  let wallets = 0n;
  for (let i = 0; i < WALLETS; i++) wallets += await ledger.available(`wallet:w${i}`);
  expect(wallets + (rows[0]?.charged ?? 0n)).toBe(FUNDS * BigInt(WALLETS));
  await ledger.expectRightBooks();
}

async function expectNoDeadlocks(): Promise<void> {
  // Sessions report their counts when they end.
  await ledger.db.pool.query(
    `SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  );
  const { rows } = await ledger.db.pool.query<{ deadlocks: bigint }>(
    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
  );
  expect(rows).toEqual([{ deadlocks: 0n }]);
}

describe("two ledger processes that get the same in opposite orders", () => {
  it("never deadlock", async () => {
    const [one, other] = [ledger.committer(), ledger.committer()];
    for (let round = 0; round < 10; round++) {
      const jobs = Array.from({ length: 100 }, (_, i) => ({
        jobId: `r${round}-${i}`,
        accountId: `w${i % WALLETS}`,
      }));
      const holds = jobs.map(({ jobId, accountId }) => holdOf(jobId, accountId, 5n));
      const ends = jobs.map(({ jobId, accountId }, i) => [
        settleOf(jobId, accountId, 1n),
        i % 2 === 0 ? settleOf(jobId, accountId, 1n) : ({ kind: "void", jobId } as const),
      ]);
      const both = (mine: Operation[], theirs: Operation[]) =>
        Promise.all([
          ...mine.map((operation) => one.submit(operation)),
          ...theirs.reverse().map((operation) => other.submit(operation)),
        ]);
      await both(holds, [...holds]);
      await both(
        ends.map(([first]) => first as Operation),
        ends.map(([, second]) => second as Operation),
      );
    }
    expect(await ledger.count("open_holds")).toBe(0);
    await ledger.expectRightBooks();
    await expectNoDeadlocks();
  });
});

describe("operations of every kind", () => {
  it(`sent to two ledger processes in opposite orders never deadlock, and leave right books (seed ${SEED})`, async () => {
    const [one, other] = [ledger.committer(), ledger.committer()];
    const drafts = fc.sample(anyOperation, { numRuns: 900, seed: SEED });
    for (let round = 0; round < 5; round++) {
      const operations = drafts.slice(round * 180, (round + 1) * 180).map((draft) => draft(`r${round % 2}`));
      await Promise.all(beginningOf(`r${round % 2}`).map((operation) => insist(one, operation)));
      // What lost a race against the other process often enough is answered with an error that says to try again.
      const send = (committer: GroupCommitter, list: readonly Operation[]) =>
        list.map((operation) => insist(committer, operation));
      await Promise.all([...send(one, operations), ...send(other, [...operations].reverse())]);
    }
    await ledger.expectRightBooks();
    await expectNoDeadlocks();
  });

  it(`are each carried out once, or not, while Postgres is killed (seed ${SEED})`, async () => {
    const committers = [ledger.committer(), ledger.committer()];
    const operations = fc.sample(anyOperation, { numRuns: 320, seed: SEED }).map((draft) => draft("k"));
    const funding = beginningOf("k");
    const [one] = committers;
    if (one === undefined) throw new Error("no committer");
    await Promise.all(funding.map((operation) => insist(one, operation)));
    let isDone = false;
    const killing = (async () => {
      for (let kills = 0; !isDone || kills === 0; kills++) {
        await server.postgres.kill("SIGKILL");
        await server.postgres.restart();
        await sleep(200);
      }
    })();
    for (let start = 0; start < operations.length; start += CLIENTS) {
      const turn = operations.slice(start, start + CLIENTS);
      await Promise.all(turn.flatMap((operation) => committers.map((one) => insist(one, operation))));
    }
    isDone = true;
    await killing;
    await ledger.expectRightBooks();
  });
});

describe("64 clients at two ledger processes", () => {
  it("lose and double nothing, and never deadlock, with the folder at work", async () => {
    const committers = [ledger.committer(), ledger.committer()];
    let isDone = false;
    const folding = (async () => {
      while (!isDone) {
        await foldCommits(ledger.db, 20);
        await sleep(5);
      }
    })();
    const tally = await clients(committers, 6);
    isDone = true;
    await folding;
    expect(tally.held).toBeGreaterThan(CLIENTS);
    await expectNothingLost(tally);
    await expectNoDeadlocks();
  });

  it("lose and double nothing while Postgres is killed again and again", async () => {
    const committers = [ledger.committer(), ledger.committer()];
    let isDone = false;
    const killing = (async () => {
      let kills = 0;
      while (!isDone || kills < 2) {
        await sleep(150);
        await server.postgres.kill("SIGKILL");
        await server.postgres.restart();
        kills += 1;
      }
      return kills;
    })();
    const tally = await clients(committers, 6);
    isDone = true;
    expect(await killing).toBeGreaterThan(1);
    await expectNothingLost(tally);
  });
});
