import type { Mesh } from "@flock/mesh";
import {
  eventually,
  startTestNats,
  startTestPostgres,
  type TestNats,
  type TestPostgres,
} from "@flock/provision/testing";
import { jest } from "@jest/globals";
import fc from "fast-check";
import { auditBooks } from "../src/audit/audit-books.js";
import { replayBooks } from "../src/replay/replay-books.js";
import { anchorOf, CALLS, InsistentCallers } from "./insistent-callers.js";
import { LedgerProcess } from "./ledger-process.js";
import { connectForTest } from "./ledger-under-test.js";
import { MeshClient } from "./mesh-client.js";
import { statedPayments } from "./stated-payments.js";
import { TestLedger } from "./test-ledger.js";

/*
 * The real ledger process under calls of every kind, events, and epochs that end. LEDGER_CRASH_KILLS makes the run
 * longer; what the callers ask for (not when the machine gets to it) is drawn from LEDGER_CRASH_SEED, which is in the
 * test's name.
 */
const KILLS = Number(process.env["LEDGER_CRASH_KILLS"] ?? 4);
const SEED = Number(process.env["LEDGER_CRASH_SEED"] ?? Date.now() % 2 ** 31);
jest.setTimeout(180_000 + KILLS * 10_000);

let postgres: TestPostgres;
let nats: TestNats;
let mesh: Mesh;
let books: TestLedger;
let ledger: LedgerProcess;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  nats = await startTestNats();
  mesh = await connectForTest(nats.url);
  books = await TestLedger.open(await postgres.createDatabase());
  ledger = new LedgerProcess(books.url, nats.url);
});
afterEach(async () => {
  await ledger.kill();
  await books.close();
  await mesh.close();
  await nats.stop();
});

/** Everything there is was published, adds up to what is stored, and breaks no rule. */
async function expectRightBooks(): Promise<void> {
  const client = new MeshClient(mesh);
  const transfers = await books.count("all_transfers");
  await eventually(
    "all transfers are published",
    async () => (await client.replayed()).transfers === transfers,
    { intervalMs: 200 },
  );
  expect(await replayBooks(books.db, mesh)).toMatchObject({ faults: [], transfers });
  expect(await auditBooks(books.db)).toEqual([]);
}

describe("a ledger process that is killed again and again, sometimes with its database", () => {
  const CALLERS = 40;
  /** A call that was in hand when the ledger died is repeated after this time. */
  const CALL_TIMEOUT_MS = 500;
  const EVERYTHING = [...CALLS, "completed", "failed", "closing"];
  let callers: InsistentCallers;
  afterEach(() => callers.giveUp());

  /** Returns when each of {@link EVERYTHING} was under way at a kill. */
  async function killUnderEverything(): Promise<void> {
    const struck = new Set<string>();
    const answersBetween = fc.sample(fc.integer({ min: 50, max: 500 }), { seed: SEED, numRuns: 100 });
    for (let kill = 0; kill < KILLS || struck.size < EVERYTHING.length; kill++) {
      const next = callers.answered + (answersBetween[kill % answersBetween.length] ?? 0);
      await eventually("some more calls are answered", () => callers.answered >= next);
      if (kill % 2 === 0) await awaitClosing();
      for (const name of callers.inFlight) struck.add(name);
      await ledger.kill();
      for (const what of await interrupted()) struck.add(what);
      if (kill % 4 === 3) {
        await postgres.kill("SIGKILL");
        await postgres.restart();
      }
      ledger.restart();
    }
  }

  /** Ends the open epoch, and waits until the ledger closes it (or has closed it, before one could look). */
  async function awaitClosing(): Promise<void> {
    await books.endEpoch();
    await eventually("the epoch closes", async () => (await books.epochs("ended")).length === 0, {
      intervalMs: 1,
    });
  }

  /** What a dead ledger has left behind: events it has not settled, epochs it has not closed. */
  async function interrupted(): Promise<string[]> {
    const { rows } = await books.db.pool.query<{ id: string }>("SELECT id FROM open_holds");
    const ends = rows.flatMap(({ id }) => callers.jobs.get(id.slice("hold:".length))?.end ?? []);
    const closing = await books.epochs("closing");
    return [...ends, ...closing.map(() => "closing")];
  }

  it(`does everything that it answers for once, whatever it was at (seed ${SEED}, ${KILLS} kills or more)`, async () => {
    callers = new InsistentCallers(new MeshClient(mesh, CALL_TIMEOUT_MS), CALLERS, SEED);
    await killUnderEverything();
    await callers.stop();
    await eventually("every job has ended", async () => (await books.count("open_holds")) === 0);
    await books.endEpoch();
    await eventually("every epoch is closed", async () => {
      const unclosed = await Promise.all([books.epochs("ended"), books.epochs("closing")]);
      return unclosed.flat().length === 0;
    });

    const anchored = await books.epochs("anchored");
    expect(anchored.map(({ number }) => Number(number)).sort()).toEqual([...callers.anchored].sort());
    for (const { number, anchorSignature } of anchored)
      expect(anchorSignature).toBe(anchorOf(Number(number)));
    for (const { number } of [...anchored, ...(await books.epochs("closed"))])
      for (const { kind, receiver, from, to, amount } of statedPayments(await books.statementOf(number)))
        callers.effects.note(`${kind}:${number}:${receiver}`, from, to, amount);
    expect(await books.balances()).toEqual(callers.effects.balances());
    await expectRightBooks();
    expect(await ledger.stop()).toBe(0);
  });
});
