import { manager } from "@flock/mesh";
import { EVENTS, STREAMS } from "@flock/proto";
import { LEDGER, type StatementReply } from "@flock/proto/ledger";
import { eventually } from "@flock/provision/testing";
import { jest } from "@jest/globals";
import { insist, type MeshClient } from "./mesh-client.js";
import { ServedLedger } from "./served-ledger.js";

const FUNDS = 1_000_000n;

jest.setTimeout(120_000);

let ledger: ServedLedger;
let client: MeshClient;
let tests = 0;
/** A funded account of the test's own; its jobs' ids begin with the same. */
let alice: string;

/** Rows of the test's own jobs. */
async function countOf(table: "settlements" | "open_holds"): Promise<number> {
  const query =
    table === "settlements"
      ? "SELECT count(*) AS n FROM settlements WHERE job_id LIKE $1 || '-%'"
      : "SELECT count(*) AS n FROM open_holds WHERE id LIKE 'hold:' || $1 || '-%'";
  const { rows } = await ledger.books.db.pool.query<{ n: bigint }>(query, [alice]);
  return Number(rows[0]?.n);
}

beforeAll(async () => {
  ledger = await ServedLedger.start();
  client = ledger.client;
});

beforeEach(async () => {
  alice = `alice${++tests}`;
  await ledger.fund(alice, FUNDS);
});

afterAll(() => ledger.stop());

describe("calls to the ledger", () => {
  it("fund, hold and tell the balance", async () => {
    expect(await client.fund(`${alice}-more`, alice, 500n)).toMatchObject({ availableMicro: FUNDS + 500n });
    expect(await client.hold(`${alice}-j`, alice, 300n)).toMatchObject({
      grantedMicro: 300n,
      availableMicro: FUNDS + 200n,
    });
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({
      postedMicro: FUNDS + 500n,
      heldMicro: 300n,
      availableMicro: FUNDS + 200n,
    });
    expect(await client.balance("wallet:nobody")).toMatchObject({ postedMicro: 0n, availableMicro: 0n });
    expect(await client.balance("supply:root")).toMatchObject({ postedMicro: -(10n ** 17n) });
  });

  it("are idempotent, and refuse another request under the same id", async () => {
    await client.hold(`${alice}-j`, alice, 300n);
    expect(await client.hold(`${alice}-j`, alice, 300n)).toMatchObject({ grantedMicro: 300n });
    await expect(client.hold(`${alice}-j`, alice, 301n)).rejects.toMatchObject({
      code: "already_exists",
      retry: "never",
    });
    await expect(client.fund(`${alice}-funding`, alice, 1n)).rejects.toMatchObject({
      code: "already_exists",
    });
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ heldMicro: 300n });
  });

  it("say how much is missing when the funds do not suffice", async () => {
    await client.hold(`${alice}-all`, alice, FUNDS);
    await expect(client.hold(`${alice}-j`, alice, 5n)).rejects.toMatchObject({
      code: "insufficient_funds",
      message: "0.000001 LLAMA are needed, 0 are available",
      details: { neededMicro: "1", availableMicro: "0" },
    });
    await expect(client.fund(`${alice}-too-much`, alice, 10n ** 17n)).rejects.toMatchObject({
      code: "insufficient_funds",
    });
  });

  describe("that are refused for want of money", () => {
    const stake = (amountMicro: bigint) =>
      client.ask(LEDGER.stake, { requestId: `${alice}-stake`, owner: alice, amountMicro });
    const payOut = (payoutId: string, amountMicro: bigint) =>
      client.ask(LEDGER.reservePayout, { payoutId, ledgerAccount: `wallet:${alice}`, amountMicro });
    const refusals = async () => {
      const attempts = [
        client.ask(LEDGER.hold, {
          jobId: `${alice}-refused`,
          accountId: alice,
          amountMaxMicro: FUNDS,
          amountMinMicro: FUNDS,
          timeoutMs: 60_000,
        }),
        stake(FUNDS),
        payOut(`${alice}-refused`, FUNDS),
      ];
      return (await Promise.allSettled(attempts)).map((end) =>
        end.status === "rejected" ? end.reason.details : end.value,
      );
    };

    it("tell how much of it running jobs hold, and not what is reserved for payouts", async () => {
      await client.hold(`${alice}-j`, alice, 300n);
      await client.hold(`${alice}-k`, alice, 100n);
      await payOut(`${alice}-p`, 50n);
      const details = {
        neededMicro: String(FUNDS),
        availableMicro: String(FUNDS - 450n),
        heldMicro: "400",
      };
      expect(await refusals()).toEqual([details, details, details]);
      expect(await client.balance(`wallet:${alice}`)).toMatchObject({
        heldMicro: 450n,
        heldByJobsMicro: 400n,
      });
    });

    it("say nothing about running jobs when there are none", async () => {
      await payOut(`${alice}-p`, 50n);
      const details = { neededMicro: String(FUNDS), availableMicro: String(FUNDS - 50n) };
      expect(await refusals()).toEqual([details, details, details]);
      expect((await client.balance(`wallet:${alice}`)).heldByJobsMicro).toBeUndefined();
    });
  });

  it.each([
    ["an id that is no subject token", () => client.hold("a b", alice, 5n)],
    ["an account that is none", () => client.hold(`${alice}-j`, `wallet:${alice}`, 5n)],
    ["nothing", () => client.hold(`${alice}-j`, alice, 0n)],
    ["less than nothing", () => client.hold(`${alice}-j`, alice, -5n)],
    ["more than exists", () => client.hold(`${alice}-j`, alice, 2n ** 62n)],
    ["no time", () => client.hold(`${alice}-j`, alice, 5n, 0)],
    ["funding with nothing", () => client.fund("x", alice, 0n)],
    ["a ledger account of no kind", () => client.balance("purse:alice")],
    ["a page that is too long", () => client.statement(`wallet:${alice}`, "", 501)],
    ["a cursor that is not ours", () => client.statement(`wallet:${alice}`, "1;DROP TABLE transfers")],
  ])("refuse %s", async (_, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ code: "invalid_argument" });
  });

  it("give a job's fee its own place in statements, even where a page ends between it and its settlement", async () => {
    await client.hold(`${alice}-j`, alice, 1_000n);
    await client.completed(`${alice}-j`, alice, 100);
    await eventually("it is settled", async () => (await countOf("settlements")) === 1);
    const kinds: string[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined; ) {
      const page: StatementReply = await client.statement(`wallet:${alice}`, cursor, 1);
      kinds.push(...page.transfers.map(({ kind }) => kind));
      cursor = page.nextCursor === "" ? undefined : page.nextCursor;
    }
    expect(kinds).toEqual(["fee", "settlement", "hold", "grant"]);
    expect((await client.statement("earnings:worker")).transfers.map(({ kind }) => kind)).toEqual([
      "settlement",
    ]);
    expect((await client.statement("pool:fees")).transfers).toMatchObject([
      { transferId: `fee:${alice}-j`, kind: "fee", debitAccount: `wallet:${alice}`, amountMicro: 5n },
    ]);
  });

  it("know who has an account, of whatever kind and whatever is in it, and opens none by being asked", async () => {
    const exists = async (owner: string) => (await client.ask(LEDGER.owner, { owner })).exists;
    const others = [`${alice}-worker`, `${alice}-nobody`, `un${alice}`, alice.toUpperCase()];
    expect(await exists(alice)).toBe(true);
    expect(await Promise.all(others.map(exists))).toEqual([false, false, false, false]);
    await client.hold(`${alice}-j`, alice, FUNDS);
    await client.completed(`${alice}-j`, alice, 100, `${alice}-worker`);
    await eventually("the worker has earned", () => exists(`${alice}-worker`));
    expect(await exists(`${alice}-nobody`)).toBe(false);
    await expect(exists("wallet:alice")).rejects.toMatchObject({ code: "invalid_argument" });
    const { rows } = await ledger.books.db.pool.query("SELECT FROM accounts WHERE owner = $1", [
      `${alice}-nobody`,
    ]);
    expect(rows).toEqual([]);
  });

  it("pay whom a job names in its worker's place, and not the worker", async () => {
    await client.hold(`${alice}-j`, alice, FUNDS);
    const job = client.completedJob(`${alice}-j`, alice, 100, `${alice}-worker`);
    await client.completedJobs([{ ...job, payeeId: `${alice}-payee` }]);
    const payee = `earnings:${alice}-payee`;
    await eventually("the payee has", async () => (await client.balance(payee)).postedMicro === 95n);
    expect((await client.ask(LEDGER.owner, { owner: `${alice}-worker` })).exists).toBe(false);
    const asked = { workerId: `${alice}-payee`, cursor: "", days: 0, doneBy: "", fromDay: "", toDay: "" };
    const { earnings } = await client.ask(LEDGER.earnings, asked);
    expect(earnings).toMatchObject([{ doneBy: `${alice}-worker`, jobs: 1n, shareMicro: 95n }]);
    const { vesting } = await client.ask(LEDGER.earningsTotals, { workerId: `${alice}-payee` });
    expect(vesting).toMatchObject([{ amountMicro: 95n }]);
  });

  it("give statements in pages, newest first, with nothing twice and nothing left out", async () => {
    for (let i = 0; i < 7; i++) await client.hold(`${alice}-j${i}`, alice, 10n);
    const ids: string[] = [];
    let cursor = "";
    let pages = 0;
    do {
      const page = await client.statement(`wallet:${alice}`, cursor, 3);
      ids.push(...page.transfers.map(({ transferId }) => transferId));
      cursor = page.nextCursor;
      pages += 1;
    } while (cursor !== "");
    expect(pages).toBe(3);
    expect(ids).toEqual(
      [6, 5, 4, 3, 2, 1, 0].map((i) => `hold:${alice}-j${i}`).concat(`grant:${alice}-funding`),
    );
    expect(await client.statement("wallet:nobody")).toMatchObject({ transfers: [], nextCursor: "" });
    const dev = (await client.statement("pool:dev")).transfers;
    expect(dev[0]).toMatchObject({
      kind: "grant",
      debitAccount: "pool:dev",
      creditAccount: `wallet:${alice}`,
      amountMicro: FUNDS,
      businessId: `${alice}-funding`,
    });
    expect(dev.at(-1)).toMatchObject({ kind: "genesis", debitAccount: "supply:root", businessId: "dev" });
  });
});

describe("events of inference", () => {
  it("settle a completed job, once, however often they come", async () => {
    const { postedMicro: feesBefore } = await client.balance("pool:fees");
    const worker = `worker-of-${alice}`;
    await client.hold(`${alice}-j`, alice, 1_000n);
    await Promise.all(Array.from({ length: 5 }, () => client.completed(`${alice}-j`, alice, 100, worker)));
    await client.hold(`${alice}-k`, alice, 1_000n);
    await client.completed(`${alice}-k`, alice, 200, worker);
    await eventually("both are settled", async () => (await countOf("settlements")) === 2);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({
      postedMicro: FUNDS - 300n,
      heldMicro: 0n,
    });
    expect(await client.balance(`earnings:${worker}`)).toMatchObject({ postedMicro: 285n });
    expect(await client.balance("pool:fees")).toMatchObject({ postedMicro: feesBefore + 15n });
  });

  it("give the hold of a failed job back", async () => {
    await client.hold(`${alice}-j`, alice, 1_000n);
    await client.failed(`${alice}-j`, alice);
    await eventually("the hold is void", async () => (await countOf("open_holds")) === 0);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ availableMicro: FUNDS });
  });

  it("that come after the hold's time charge nothing and are consumed", async () => {
    await client.hold(`${alice}-late`, alice, 1_000n, 1);
    await client.completed(`${alice}-late`, alice, 100);
    await client.completed(`${alice}-never-held`, alice, 100);
    await client.hold(`${alice}-j`, alice, 1_000n);
    await client.completed(`${alice}-j`, alice, 100);
    await eventually("the good one is settled", async () => (await countOf("settlements")) === 1);
    await eventually("the late hold is given back", async () => (await countOf("open_holds")) === 0);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ availableMicro: FUNDS - 100n });
  });

  it("that cannot be read are dropped, and stop nothing", async () => {
    await client.publish(EVENTS.inferenceCompleted, new Uint8Array([255, 255, 255]));
    await client.publish(EVENTS.inferenceCompleted, new Uint8Array());
    await client.publish(EVENTS.inferenceFailed, new Uint8Array([8, 99]));
    await client.publish("evt.inference.of-the-future", new Uint8Array([8, 1]));
    await client.completed("not a token", alice, 1);
    await client.completed(`${alice}-j`, alice, 1, "worker\0");
    await client.hold(`${alice}-j`, alice, 1_000n);
    await client.completed(`${alice}-j`, alice, 100);
    await eventually("the good one is settled", async () => (await countOf("settlements")) === 1);
  });

  it("that tell of many jobs settle each that can be, whatever the others are", async () => {
    for (const job of ["a", "b"]) await client.hold(`${alice}-${job}`, alice, 1_000n);
    await client.completedJobs([
      client.completedJob(`${alice}-a`, alice, 100),
      client.completedJob("not a token", alice, 100),
      client.completedJob(`${alice}-never-held`, alice, 100),
      client.completedJob(`${alice}-a`, alice, 100),
      client.completedJob(`${alice}-b`, alice, 50),
    ]);
    await eventually("both are settled", async () => (await countOf("settlements")) === 2);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ availableMicro: FUNDS - 150n });
  });

  it("that nobody pays for settle nothing, and no hold is given back for them", async () => {
    for (const job of ["a", "b", "c"]) await client.hold(`${alice}-${job}`, alice, 1_000n);
    const free = { ...client.completedJob(`${alice}-a`, alice, 100), isFree: true };
    await client.completedJobs([free, client.completedJob(`${alice}-b`, alice, 100)]);
    await client.failed(`${alice}-c`, alice, true);
    await client.hold(`${alice}-d`, alice, 1_000n);
    await client.completed(`${alice}-d`, alice, 50);
    await eventually("the others are settled", async () => (await countOf("settlements")) === 2);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({
      postedMicro: FUNDS - 150n,
      heldMicro: 2_000n,
    });
  });

  it("that the job's first token brings to the hold's limit charge no more than was held", async () => {
    await client.hold(`${alice}-j`, alice, 50n);
    await client.completed(`${alice}-j`, alice, 4_000_000_000);
    await eventually("it is settled", async () => (await countOf("settlements")) === 1);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({ postedMicro: FUNDS - 50n });
  });
});

describe("a hold that nobody settles", () => {
  it("is given back soon after its time", async () => {
    await client.hold(`${alice}-j`, alice, 1_000n, 50);
    await eventually("the hold is given back", async () => (await countOf("open_holds")) === 0);
    expect((await client.statement(`wallet:${alice}`, "", 1)).transfers).toMatchObject([
      { kind: "expire", businessId: `${alice}-j` },
    ]);
  });
});

describe("the published transfers", () => {
  it("rebuild every balance (invariant 4)", async () => {
    await Promise.all(Array.from({ length: 200 }, (_, i) => client.hold(`${alice}-j${i}`, alice, 100n)));
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => client.completed(`${alice}-j${i}`, alice, i % 90, `w${i % 7}`)),
    );
    await eventually("all are settled", async () => (await countOf("settlements")) === 200);
    await expectReplayEqualsBooks();
  });

  it("are all there after NATS was killed", async () => {
    await client.hold(`${alice}-a`, alice, 100n);
    await ledger.nats.kill("SIGKILL");
    await ledger.nats.restart();
    await eventually("events go through again", async () => {
      await client.completed(`${alice}-a`, alice, 50);
      return (await countOf("settlements")) === 1;
    });
    await expectReplayEqualsBooks();
  });

  async function expectReplayEqualsBooks(): Promise<void> {
    const { rows: counted } = await ledger.books.db.pool.query<{ n: bigint }>(
      "SELECT count(*) AS n FROM all_transfers",
    );
    await eventually(
      "all transfers are published",
      async () => (await client.replayed()).transfers === Number(counted[0]?.n),
    );
    const { rows } = await ledger.books.db.pool.query<{ code: string; balance: bigint }>(
      "SELECT code, posted_credit - posted_debit AS balance FROM balances WHERE posted_credit + posted_debit > 0",
    );
    const { balances } = await client.replayed();
    expect(Object.fromEntries(balances)).toEqual(
      Object.fromEntries(rows.map(({ code, balance }) => [code, balance])),
    );
  }
});

describe("several ledgers on one database", () => {
  it("share calls and events, and settle every job once", async () => {
    const others = await Promise.all([ledger.another(), ledger.another()]);
    const jobs = Array.from({ length: 150 }, (_, i) => `${alice}-j${i}`);
    await Promise.all(jobs.map((jobId) => client.hold(jobId, alice, 100n)));
    await Promise.all(
      jobs.flatMap((jobId) => [client.completed(jobId, alice, 10), client.completed(jobId, alice, 10)]),
    );
    await eventually("all are settled", async () => (await countOf("settlements")) === jobs.length);
    expect(await client.balance(`wallet:${alice}`)).toMatchObject({
      postedMicro: FUNDS - 1_500n,
      heldMicro: 0n,
    });
    for (const other of others) await other.stop();
  });

  it("may go one by one without losing anything that was asked of them", async () => {
    const other = await ledger.another();
    const holds = Array.from({ length: 100 }, (_, i) =>
      insist(() => client.hold(`${alice}-j${i}`, alice, 100n)),
    );
    await other.stop();
    await Promise.all(holds);
    expect(await countOf("open_holds")).toBe(100);
  });
});

describe("without its database", () => {
  it("the ledger is not ready, and goes on when it is back", async () => {
    await ledger.server.postgres.kill("SIGKILL");
    await eventually("it is not ready", () => ledger.service.isReady === false);
    await client.completed(`${alice}-unheld`, alice, 1);
    await ledger.server.postgres.restart();
    await eventually("it is ready", () => ledger.service.isReady === true);
    expect(await client.hold(`${alice}-j`, alice, 100n)).toMatchObject({ grantedMicro: 100n });
  });
});

describe("without the event stream", () => {
  it("the ledger makes it anew and goes on settling and publishing", async () => {
    await (await manager(client.mesh)).streams.delete(STREAMS.events);
    await client.hold(`${alice}-j`, alice, 100n);
    await eventually("an event is settled", async () => {
      await client.completed(`${alice}-j`, alice, 50);
      return (await countOf("settlements")) === 1;
    });
    await eventually("transfers are published", async () => (await client.replayed()).transfers > 0);
  });
});
