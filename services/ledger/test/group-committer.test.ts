import { microLlama } from "@flock/money";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import type { GroupCommitter } from "../src/group-committer.js";
import { fundOf, holdOf, micro, serverForFile, settleOf, type TestLedger } from "./test-ledger.js";

jest.setTimeout(120_000);

const server = serverForFile();
let ledger: TestLedger;
let committer: GroupCommitter;

beforeEach(async () => {
  ledger = await server.ledger();
  committer = ledger.committer();
  await committer.submit(fundOf("g", "alice", 1_000n));
});
afterEach(async () => {
  await committer.drain();
  await ledger.expectRightBooks();
  await ledger.close();
});

describe("the ledger's operations", () => {
  it("take a job from hold to settlement: the worker gets 95 %, the protocol 5 %, the client its rest back", async () => {
    expect(await committer.submit(holdOf("j", "alice", 400n))).toEqual({
      kind: "held",
      granted: 400n,
      available: 600n,
    });
    expect(await committer.submit(settleOf("j", "alice", 300n))).toEqual({ kind: "settled", charge: 300n });
    expect(await ledger.available("wallet:alice")).toBe(700n);
    expect(await ledger.available("earnings:worker")).toBe(285n);
    expect(await ledger.available("pool:fees")).toBe(15n);
    expect(await ledger.count("open_holds")).toBe(0);
  });

  it("tell what a wallet holds when its job is settled and compensated for in one commit", async () => {
    await committer.submit({ kind: "stake", requestId: "s", owner: "alice", amount: micro(100n) });
    await committer.submit({ kind: "slash", caseId: "j", owner: "alice", amount: micro(50n) });
    // The worker is known from another job: nothing but the compensation needs to be read for.
    for (const job of ["before", "j"]) await committer.submit(holdOf(job, "alice", 400n));
    await committer.submit(settleOf("before", "alice", 100n));
    const outcomes = await Promise.all([
      committer.submit(settleOf("j", "alice", 300n)),
      committer.submit({ kind: "compensate", jobId: "j", amount: micro(50n) }),
    ]);
    expect(outcomes[1]).toEqual({ kind: "compensated", wallet: "wallet:alice", available: 550n });
    expect(await ledger.available("wallet:alice")).toBe(550n);
  });

  it("keep the names of a model and of a requester as they were told, whatever is in them", async () => {
    const models = [`the "best" \\ of, {all}`, "", "NULL", "ü\n\t'"];
    const jobs = models.map((model, index) =>
      settleOf(`j${index}`, "alice", 10n, { model, requesterId: `${model}","` }),
    );
    for (const { jobId } of jobs) await committer.submit(holdOf(jobId, "alice", 10n));
    const ends = await committer.submitAll([...jobs, settleOf("unheld", "alice", 10n)]);
    expect(ends).toEqual([...jobs.map(() => ({ kind: "settled", charge: 10n })), { kind: "no_hold" }]);
    const { rows } = await ledger.db.pool.query(
      "SELECT model, requester_id FROM settlements ORDER BY job_id",
    );
    expect(rows).toEqual(models.map((model) => ({ model, requester_id: `${model}","` })));
  });

  it("settle ends of jobs together, and as soon as anybody waits for an answer", async () => {
    const jobs = ["a", "b", "c", "d"];
    for (const job of jobs) await committer.submit(holdOf(job, "alice", 10n));
    const before = await ledger.count("commits");
    const ends = [committer.submit(settleOf("a", "alice", 10n))];
    await new Promise(setImmediate);
    ends.push(committer.submit(settleOf("b", "alice", 10n)));
    await Promise.all(ends);
    expect(await ledger.count("commits")).toBe(before + 1);
    const others = [
      committer.submit(settleOf("c", "alice", 10n)),
      committer.submit({ kind: "void", jobId: "d" }),
    ];
    await committer.submit(holdOf("e", "alice", 10n));
    await Promise.all(others);
    expect(await ledger.count("commits")).toBe(before + 2);
    expect(await ledger.count("open_holds")).toBe(1);
  });

  it("record what a settlement was computed from", async () => {
    await committer.submit(holdOf("j", "alice", 400n));
    await committer.submit(
      settleOf("j", "alice", 0n, {
        promptTokens: 7n,
        completionTokens: 10n,
        promptPrice: micro(3n),
        completionPrice: micro(8n),
        receiptHash: "ab".repeat(32),
      }),
    );
    expect(await ledger.db.kysely.selectFrom("settlements").selectAll().execute()).toMatchObject([
      {
        job_id: "j",
        prompt_tokens: 7n,
        completion_tokens: 10n,
        prompt_price_micro: 3n,
        completion_price_micro: 8n,
        held_micro: 400n,
        charge_micro: 101n,
        worker_share_micro: 95n,
        protocol_share_micro: 6n,
        worker_share_bps: 9_500,
        receipt_hash: Buffer.from("ab".repeat(32), "hex"),
        finished_at: new Date(1_700_000_000_000),
      },
    ]);
  });

  it("number the transfers of one account in the order in which they were made", async () => {
    for (const jobId of ["a", "b", "c"]) await committer.submit(holdOf(jobId, "alice", 10n));
    const rows = await ledger.db.kysely
      .selectFrom("transfers")
      .select("id")
      .where("kind", "=", "hold")
      .orderBy("seq")
      .execute();
    expect(rows.map(({ id }) => id)).toEqual(["hold:a", "hold:b", "hold:c"]);
  });

  it("open a wallet with what funds it first, never with a hold", async () => {
    expect(await committer.submit(holdOf("j", "bob", 1n))).toEqual({
      kind: "insufficient_funds",
      available: 0n,
    });
    const { rows } = await ledger.db.pool.query("SELECT FROM accounts WHERE code = 'wallet:bob'");
    expect(rows).toEqual([]);
    expect(await committer.submit(fundOf("h", "bob", 5n))).toEqual({ kind: "funded", available: 5n });
  });

  it("fund wallets with no more than the pool holds, and exactly all of it", async () => {
    const dev = await ledger.available("pool:dev");
    expect(await committer.submit(fundOf("much", "bob", dev + 1n))).toEqual({ kind: "pool_exhausted" });
    expect(await committer.submit(fundOf("all", "bob", dev))).toEqual({ kind: "funded", available: dev });
    expect(await committer.submit(fundOf("more", "bob", 1n))).toEqual({ kind: "pool_exhausted" });
    expect(await ledger.available("pool:dev")).toBe(0n);
  });

  it("do not charge a hold past its time, and give it back when the settlement comes late", async () => {
    await committer.submit(holdOf("j", "alice", 400n, { timeoutMs: 1 }));
    await ledger.db.pool.query("SELECT pg_sleep(0.01)");
    expect(await committer.submit(settleOf("j", "alice", 300n))).toEqual({ kind: "expired" });
    expect(await committer.submit(settleOf("j", "alice", 300n))).toEqual({ kind: "expired" });
    expect(await ledger.available("wallet:alice")).toBe(1_000n);
    expect(await ledger.count("settlements")).toBe(0);
  });

  it("say of a job that cost nothing as well that it came late", async () => {
    await committer.submit(holdOf("i", "alice", 400n));
    await committer.submit(settleOf("i", "alice", 300n));
    await committer.submit(holdOf("j", "alice", 400n, { timeoutMs: 1 }));
    await ledger.db.pool.query("SELECT pg_sleep(0.01)");
    expect(await committer.submit(settleOf("j", "alice", 0n))).toEqual({ kind: "expired" });
    expect(await ledger.count("settlements")).toBe(1);
  });
});

describe("a group", () => {
  const submitAll = (count: number, operation: (index: number) => Parameters<GroupCommitter["submit"]>[0]) =>
    Promise.all(Array.from({ length: count }, (_, index) => committer.submit(operation(index))));

  it("of everything that arrived at once is one commit", async () => {
    const before = await ledger.count("commits");
    await submitAll(100, (index) => holdOf(`j${index}`, "alice", 10n));
    expect(await ledger.count("commits")).toBe(before + 1);
    expect(await ledger.available("wallet:alice")).toBe(0n);
  });

  it("grows while a commit is under way: 300 operations in three turns make few commits", async () => {
    const before = await ledger.count("commits");
    const waves = [0, 1, 2].map(async (wave) => {
      await new Promise((resolve) => setTimeout(resolve, wave));
      await submitAll(100, (index) => holdOf(`j${wave}-${index}`, "alice", 1n));
    });
    await Promise.all(waves);
    expect((await ledger.count("commits")) - before).toBeLessThanOrEqual(3);
    expect(await ledger.available("wallet:alice")).toBe(700n);
  });

  it("holds, settles and voids the same jobs in one commit", async () => {
    const before = await ledger.count("commits");
    const outcomes = await Promise.all([
      committer.submit(holdOf("a", "alice", 1_000n)),
      committer.submit(settleOf("a", "alice", 100n)),
      committer.submit(holdOf("b", "alice", 900n)),
      committer.submit({ kind: "void", jobId: "b" }),
      committer.submit(holdOf("c", "alice", 900n)),
      committer.submit(holdOf("d", "alice", 1n)),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      "held",
      "settled",
      "held",
      "given_back",
      "held",
      "insufficient_funds",
    ]);
    expect(await ledger.count("commits")).toBe(before + 1);
  });

  it("never fails for one bad member: each bad one is refused alone, all others are carried out", async () => {
    const poisoned = [
      // No wallet can have such an owner; no column takes such a number.
      committer.submit(fundOf("x", "not an owner", 5n)),
      committer.submit(holdOf("big", "alice", 10n)),
      committer.submit(settleOf("big", "alice", 1n, { promptTokens: 2n ** 70n, promptPrice: micro(0n) })),
      committer.submit(settleOf("big", "alice", 1n, { model: "nul\0byte" })),
    ];
    const good = submitAll(50, (index) => holdOf(`j${index}`, "alice", 1n));
    const refused = await Promise.allSettled(poisoned);
    expect(refused.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "rejected", "rejected"]);
    expect((await good).every(({ kind }) => kind === "held")).toBe(true);
    expect(await ledger.available("wallet:alice")).toBe(940n);
  });

  it("is refused when too many wait, and takes more when they are gone", async () => {
    const small = ledger.committer({ queueMax: 3, groupMax: 2 });
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, (_, index) => small.submit(holdOf(`j${index}`, "alice", 1n))),
    );
    expect(results.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(results[4]).toMatchObject({ reason: { code: "resource_exhausted" } });
    expect(await small.submit(holdOf("j4", "alice", 1n))).toMatchObject({ kind: "held" });
  });
});

describe("the database's statistics", () => {
  it("taken when nothing is on hold do not make later commits slow", async () => {
    await committer.submit(fundOf("more", "alice", 10_000_000n));
    let next = 0;
    /** The fastest of three rounds that hold 500 jobs and settle them, in milliseconds. */
    const fastest = async () => {
      const rounds: number[] = [];
      for (let round = 0; round < 3; round++) {
        const jobs = Array.from({ length: 500 }, () => `s${next++}`);
        const startedMs = performance.now();
        await Promise.all(jobs.map((jobId) => committer.submit(holdOf(jobId, "alice", 10n))));
        await Promise.all(jobs.map((jobId) => committer.submit(settleOf(jobId, "alice", 10n))));
        rounds.push(performance.now() - startedMs);
      }
      return Math.min(...rounds);
    };
    const before = await fastest();
    await ledger.db.pool.query("ANALYZE");
    // A plan that compares every transfer with every hold takes ten times as long.
    expect(await fastest()).toBeLessThan(5 * before);
  });
});

describe("two ledger processes", () => {
  it("asked for the same at the same moment carry it out once and give the same answer", async () => {
    const other = ledger.committer();
    for (let round = 0; round < 20; round++) {
      const hold = holdOf(`j${round}`, "alice", 30n);
      const held = await Promise.all([committer.submit(hold), other.submit(hold)]);
      expect(held.map((outcome) => outcome.kind === "held" && outcome.granted)).toEqual([30n, 30n]);
      const settle = settleOf(`j${round}`, "alice", 20n);
      const settled = await Promise.all([committer.submit(settle), other.submit(settle)]);
      expect(settled.map(({ kind }) => kind).sort()).toEqual(["already_settled", "settled"]);
    }
    expect(await ledger.available("wallet:alice")).toBe(600n);
    expect(await ledger.count("settlements")).toBe(20);
  });

  it("know of what the other did to a hold that they made themselves", async () => {
    const other = ledger.committer();
    for (const jobId of ["voided", "settled", "free"]) await committer.submit(holdOf(jobId, "alice", 50n));
    const settled = settleOf("settled", "alice", 50n);
    const free = settleOf("free", "alice", 0n);
    await other.submit({ kind: "void", jobId: "voided" });
    await other.submit(settled);
    await other.submit(free);
    expect(await committer.submit(settleOf("voided", "alice", 50n))).toEqual({ kind: "voided" });
    expect(await committer.submit(holdOf("voided", "alice", 50n))).toEqual({ kind: "ended" });
    expect(await committer.submit(settled)).toEqual({ kind: "already_settled" });
    expect(await committer.submit({ ...settled, completionTokens: 1n })).toEqual({ kind: "conflict" });
    expect(await committer.submit({ kind: "void", jobId: "settled" })).toEqual({
      kind: "nothing_to_give_back",
    });
    expect(await committer.submit(free)).toEqual({ kind: "already_settled" });
    expect(await ledger.available("wallet:alice")).toBe(950n);
  });

  it("settle, in one group, what one of them made and what the other one ended", async () => {
    const other = ledger.committer();
    const jobs = Array.from({ length: 20 }, (_, index) => `j${index}`);
    await Promise.all(jobs.map((jobId) => committer.submit(holdOf(jobId, "alice", 10n))));
    await Promise.all(jobs.slice(10).map((jobId) => other.submit({ kind: "void", jobId })));
    const outcomes = await Promise.all(jobs.map((jobId) => committer.submit(settleOf(jobId, "alice", 10n))));
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      ...new Array(10).fill("settled"),
      ...new Array(10).fill("voided"),
    ]);
  });

  it("racing for the last of a wallet never spend it twice", async () => {
    const other = ledger.committer();
    const holds = Array.from({ length: 60 }, (_, index) =>
      (index % 2 === 0 ? committer : other).submit(holdOf(`j${index}`, "alice", 100n)),
    );
    const kinds = (await Promise.all(holds)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "held")).toHaveLength(10);
    expect(kinds.filter((kind) => kind === "insufficient_funds")).toHaveLength(50);
    expect(await ledger.available("wallet:alice")).toBe(0n);
  });

  it("racing for the last of a pool never overdraw it", async () => {
    const other = ledger.committer();
    const most = ((await ledger.available("pool:dev")) * 3n) / 5n;
    const ends = await Promise.all([
      committer.submit(fundOf("one", "bob", most)),
      other.submit(fundOf("two", "bob", most)),
    ]);
    expect(ends.map(({ kind }) => kind).sort()).toEqual(["funded", "pool_exhausted"]);
    expect(await ledger.available("wallet:bob")).toBe(most);
  });

  it("racing to settle and to void one job do one of them", async () => {
    const other = ledger.committer();
    for (let round = 0; round < 10; round++) {
      const jobId = `j${round}`;
      await committer.submit(holdOf(jobId, "alice", 50n));
      const [settled, voided] = await Promise.all([
        committer.submit(settleOf(jobId, "alice", 50n)),
        other.submit({ kind: "void", jobId }),
      ]);
      expect([settled.kind, voided.kind]).toEqual(
        voided.kind === "given_back" ? ["voided", "given_back"] : ["settled", "nothing_to_give_back"],
      );
    }
  });
});

describe("when the database goes away", () => {
  it("operations wait for it, are carried out once, and give up when their time is over", async () => {
    await server.postgres.kill("SIGKILL");
    // The sessions of a server that was killed may answer for some milliseconds more.
    await eventually("nobody answers", () =>
      committer.submit({ kind: "void", jobId: "none" }, 50).then(
        () => false,
        () => true,
      ),
    );
    const patient = committer.submit(holdOf("patient", "alice", 10n));
    await expect(committer.submit(holdOf("hasty", "alice", 10n), 100)).rejects.toMatchObject({
      code: "unavailable",
    });
    await server.postgres.restart();
    expect(await patient).toEqual({ kind: "held", granted: 10n, available: microLlama(990n) });
  });
});
