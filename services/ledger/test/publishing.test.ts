import { microLlama } from "@flock/money";
import { LedgerTransferred } from "@flock/proto/events";
import type { Transfer } from "@flock/proto/ledger";
import { eventually } from "@flock/provision/testing";
import type { GroupCommit, GroupCommitter } from "../src/group-committer.js";
import { type LinkedCommit, publishCommits } from "../src/store/commit-chain.js";
import { RecentCommits } from "../src/store/recent-commits.js";
import { serverForFile, type TestLedger } from "./test-ledger.js";

const AMOUNT = microLlama(1_000n);

const server = serverForFile();
let ledger: TestLedger;
let recent: RecentCommits;
let committed: GroupCommit[];
let committer: GroupCommitter;

beforeEach(async () => {
  ledger = await server.ledger();
  recent = new RecentCommits();
  committed = [];
  committer = ledger.committer({
    onCommit: (commit) => {
      committed.push(commit);
      recent.add(commit.written, commit.transfers);
    },
  });
});
afterEach(async () => {
  await ledger.expectRightBooks();
  await ledger.close();
});

async function fundAndHold(times: number): Promise<void> {
  for (let number = 0; number < times; number++) {
    const id = `${committed.length}-${number}`;
    await committer.submit({ kind: "fund", transferId: id, accountId: "alice", amount: AMOUNT });
    const amounts = { amountMax: AMOUNT, amountMin: AMOUNT, timeoutMs: 30_000 };
    await committer.submit({ kind: "hold", jobId: id, accountId: "alice", ...amounts });
  }
  await committer.drain(); // Their callers are answered before the commits are told of.
}

/** Publishes to an array; with `fault`, the stream is away. */
async function publish(from: RecentCommits, fault?: Error): Promise<readonly LinkedCommit[]> {
  let told: readonly LinkedCommit[] = [];
  await publishCommits(ledger.db, from, 100, (commits) => {
    told = commits;
    return fault === undefined ? Promise.resolve() : Promise.reject(fault);
  }).catch((thrown: unknown) => expect(thrown).toBe(fault));
  return told;
}

/** The same, as soon as the database has noticed that the publisher before, which had the lock, is gone. */
function publishAfterFault(from: RecentCommits, fault?: Error): Promise<readonly LinkedCommit[]> {
  return eventually("the lock is free", async () => {
    const told = await publish(from, fault);
    return told.length > 0 ? told : undefined;
  });
}

function transfersOf({ transfers }: LinkedCommit): Transfer[] {
  return transfers.parts.flatMap((part) => LedgerTransferred.decode(part).transfers);
}

describe("publishing commits", () => {
  it("tells of each once, in the order of the chain", async () => {
    await fundAndHold(3);
    const [genesis, ...others] = await publish(recent);
    expect(genesis && transfersOf(genesis).map(({ kind }) => kind)).toContain("genesis");
    expect(others.map(({ firstSeq }) => firstSeq)).toEqual(committed.map(({ written }) => written.firstSeq));
    expect(others.map(({ position }) => position)).toEqual([2n, 3n, 4n, 5n, 6n, 7n]);
    expect(await publish(recent)).toEqual([]);
    await fundAndHold(1);
    expect((await publish(recent)).map(({ position }) => position)).toEqual([8n, 9n]);
  });

  it("tells the same from memory as from the database", async () => {
    await fundAndHold(3);
    const fault = new Error("the stream is away");
    const fromMemory = await publish(recent, fault);
    const fromDatabase = await publishAfterFault(new RecentCommits(), fault);
    expect(fromMemory).toHaveLength(7);
    expect(fromDatabase).toEqual(fromMemory);
    expect(await publishAfterFault(recent)).toEqual(fromMemory);
  });

  it("reads what it does not remember: another process's commits among its own", async () => {
    await fundAndHold(1);
    const other = ledger.committer();
    await other.submit({ kind: "fund", transferId: "theirs", accountId: "bob", amount: AMOUNT });
    await fundAndHold(1);
    const ids = (await publish(recent)).flatMap(transfersOf).map(({ transferId }) => transferId);
    expect(ids.slice(-5)).toEqual(["grant:0-0", "hold:0-0", "grant:theirs", "grant:2-0", "hold:2-0"]);
  });

  it("by one process at a time leaves nothing to the others", async () => {
    await fundAndHold(2);
    const counts = await Promise.all(
      Array.from({ length: 4 }, () => publishCommits(ledger.db, recent, 100, () => Promise.resolve())),
    );
    const published = counts.reduce((sum, count) => sum + count, 0);
    expect(published + (await publish(recent)).length).toBe(5);
  });
});

describe("RecentCommits", () => {
  it("keeps a bounded number of transfers, the newest", async () => {
    await fundAndHold(1);
    const [{ transfers = [] } = {}] = committed;
    const many = Array.from({ length: 30_000 }, () => transfers).flat();
    const commitAt = (firstSeq: bigint) => ({ firstSeq, committedUnixMs: 0 });
    recent.add(commitAt(1n), many);
    recent.add(commitAt(2n), many);
    expect(recent.take(1n)).toBeUndefined();
    expect(recent.take(2n)?.count).toBe(30_000);
    expect(recent.take(2n)).toBeUndefined();
  });
});
