import { readBundle, recompute } from "@flock/evidence";
import { Checking } from "@flock/proto/events";
import { startTestPostgres, type TestPostgres } from "@flock/provision/testing";
import { VERDICT_TRANSITIONS } from "../src/domain/verdict.js";
import { claimCheck, openChecks } from "../src/store/checks.js";
import { countsUntil, dayKeys } from "../src/store/days.js";
import { decide } from "../src/store/decisions.js";
import { findVerdict, listVerdicts, movedBy, rule, untold } from "../src/store/verdicts.js";
import { workersById } from "../src/store/workers.js";
import { execute } from "../src/verdicts/executor.js";
import { FakeLedger } from "./fake-ledger.js";
import { TestVerifier } from "./test-verifier.js";

let postgres: TestPostgres;
let test: TestVerifier;

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  test = await TestVerifier.open(postgres);
});
afterEach(() => test.close());

const kysely = () => test.verifier.db.kysely;
const moment = () => ({ unixMs: test.clock.now, rules: test.verifier.rules(), newId: test.verifier.newId });

async function standing(): Promise<string | undefined> {
  return (await workersById(kysely(), [test.worker.id]))[0]?.standing;
}

/** Jobs of which each misses every place, until a verdict of that kind. */
async function cheatUntil(kind: string, jobs = 40): Promise<void> {
  for (let number = 0; number < jobs; number++) {
    const ended = test.ended(`${kind}-${number}`);
    await test.draw([ended]);
    if ((await decide(kysely(), test.decision(ended, 8), moment())).verdict === kind) return;
  }
  throw new Error(`no ${kind}`);
}

describe("draws", () => {
  it("are made once, however often an event comes", async () => {
    const jobs = [test.ended("a"), test.ended("b"), test.ended("c", { checking: Checking.NEVER })];
    expect(await test.draw(jobs)).toEqual({ jobs: 3, drawn: 2 });
    expect(await test.draw(jobs)).toEqual({ jobs: 0, drawn: 0 });
    expect(await countsUntil(kysely(), test.clock.now)).toMatchObject({
      jobsSeen: 3,
      jobsDrawn: 2,
      jobTokens: 150,
    });
  });

  it("are made with the key of the day, whose hash is known", async () => {
    await test.draw([test.ended("a")]);
    const [day] = await dayKeys(kysely(), 5);
    expect(day).toMatchObject({ day: "2026-11-30" });
    expect((await claimCheck(kysely(), 60_000))?.dayKey).toEqual(day?.key);
  });

  it("leave out the verifier's own runs, and count their tokens", async () => {
    expect(await test.draw([test.ended("a", { accountId: "verifier-checks" })])).toEqual({
      jobs: 0,
      drawn: 0,
    });
    expect(await countsUntil(kysely(), test.clock.now)).toMatchObject({ jobsSeen: 0, checkTokens: 50 });
  });

  it("are taken up by one process at a time", async () => {
    await test.draw([test.ended("a")]);
    const claims = await Promise.all(Array.from({ length: 4 }, () => claimCheck(kysely(), 60_000)));
    expect(claims.filter((claim) => claim !== undefined).map((claim) => claim?.jobId)).toEqual(["a"]);
  });
});

describe("a check", () => {
  it("is decided once", async () => {
    const ended = test.ended("a");
    await test.draw([ended]);
    const decisions = await Promise.all(
      [1, 2, 3].map(() => decide(kysely(), test.decision(ended, 0), moment())),
    );
    expect(decisions.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect(await countsUntil(kysely(), test.clock.now)).toMatchObject({
      same: 1,
      different: 0,
      undetermined: 0,
    });
    expect(await openChecks(kysely())).toBe(0);
  });
});

describe("a worker that cheats", () => {
  it("is quarantined and convicted by evidence that everybody can compute again", async () => {
    await cheatUntil("quarantine");
    expect(await standing()).toBe("quarantined");
    await cheatUntil("conviction");
    expect(await standing()).toBe("convicted");
    const verdicts = await listVerdicts(kysely(), { workerId: "", before: undefined, limit: 10 });
    expect(verdicts.map(({ kind, state }) => [kind, state])).toEqual([
      ["conviction", "appealable"],
      ["quarantine", "final"],
    ]);
    for (const { bundle, kind } of verdicts) {
      const again = recompute(readBundle(bundle));
      expect([again.verdict, again.agrees]).toEqual([kind, true]);
    }
    const told = await untold(kysely(), 100);
    expect(told.map(({ message_id: id }) => id.split("-")[0])).toEqual(
      // It is watched first.
      ["standing", "verdict", "standing", "verdict", "standing"],
    );
  });

  it("loses what the verdict says once the appeal window is over, each part once", async () => {
    await cheatUntil("quarantine");
    await cheatUntil("conviction");
    const ledger = new FakeLedger(1_000_000n);
    await execute(test.verifier, ledger);
    expect(ledger.calls).toEqual([]);
    test.clock.now += test.verifier.rules().appealMs;
    // The ledger is away in the middle, again and again.
    for (let round = 0; round < 100; round++) {
      ledger.failsIn = 3;
      await execute(test.verifier, ledger).catch(() => {});
    }
    const [verdict] = await listVerdicts(kysely(), { workerId: test.worker.id, before: undefined, limit: 1 });
    expect(verdict?.state).toBe("final");
    const moved = (await movedBy(kysely(), [verdict?.verdict_id ?? ""])).get(verdict?.verdict_id ?? "");
    const jobs = new Set(ledger.done.filter((done) => done.startsWith("clawback")));
    expect(moved).toMatchObject({ slash: 200_000n, clawback: BigInt(jobs.size) * 95n });
    expect(moved?.compensate).toBe(BigInt(jobs.size) * 100n);
    expect(new Set(ledger.done).size).toBe(ledger.done.length);
  });

  it("begins anew when its conviction is overturned, and nothing follows", async () => {
    await cheatUntil("quarantine");
    await cheatUntil("conviction");
    const [verdict] = await listVerdicts(kysely(), { workerId: "", before: undefined, limit: 1 });
    const ruling = { verdictId: verdict?.verdict_id ?? "", isUpheld: false, reason: "a fault of ours" };
    await rule(kysely(), { ...ruling, unixMs: test.clock.now });
    await rule(kysely(), { ...ruling, unixMs: test.clock.now });
    expect(await standing()).toBe("probation");
    await expect(rule(kysely(), { ...ruling, isUpheld: true, unixMs: test.clock.now })).rejects.toMatchObject(
      { code: "failed_precondition" },
    );
    const ledger = new FakeLedger(1_000_000n);
    test.clock.now += test.verifier.rules().appealMs;
    await execute(test.verifier, ledger);
    expect(ledger.calls).toEqual([]);
    expect(await findVerdict(kysely(), ruling.verdictId)).toMatchObject({ state: "overturned" });
  });

  it("cannot be ruled on when its appeal window is over", async () => {
    await cheatUntil("quarantine");
    await cheatUntil("conviction");
    const [verdict] = await listVerdicts(kysely(), { workerId: "", before: undefined, limit: 1 });
    test.clock.now += test.verifier.rules().appealMs;
    const ruling = { verdictId: verdict?.verdict_id ?? "", isUpheld: false, reason: "late" };
    await expect(rule(kysely(), { ...ruling, unixMs: test.clock.now })).rejects.toMatchObject({
      code: "failed_precondition",
    });
  });
});

describe("the database", () => {
  it("allows exactly the changes of a verdict's state that the code lists", async () => {
    const rows = await kysely().selectFrom("verdict_transitions").selectAll().execute();
    const listed = Object.entries(VERDICT_TRANSITIONS).flatMap(([from, nexts]) =>
      nexts.map((next) => `${from} → ${next}`),
    );
    expect(rows.map((row) => `${row.from_state} → ${row.to_state}`).sort()).toEqual(listed.sort());
  });

  it("keeps a verdict from saying something else, and a decided check from changing", async () => {
    await cheatUntil("quarantine");
    const { pool } = test.verifier.db;
    await expect(pool.query("UPDATE verdicts SET jobs = 1000")).rejects.toMatchObject({ code: "FV002" });
    await expect(pool.query("UPDATE verdicts SET state = 'due'")).rejects.toMatchObject({ code: "FV003" });
    await expect(pool.query("UPDATE checks SET state = 'same'")).rejects.toMatchObject({ code: "FV001" });
  });
});
