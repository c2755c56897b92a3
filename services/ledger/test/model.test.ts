import { DEFAULT_PARAMETERS } from "@flock/parameters";
import fc from "fast-check";
import { closeNextEpoch } from "../src/close-epoch.js";
import type { Operation } from "../src/domain/operation.js";
import { anyOperation, beginningOf, type Draft, RICH_WORKER } from "./random-operations.js";
import { ReferenceLedger } from "./reference-ledger.js";
import {
  grantOf,
  holdOf,
  type LedgerServer,
  micro,
  settleOf,
  startLedgerServer,
  type TestLedger,
} from "./test-ledger.js";

/*
 * Random operations against the real ledger and the naive one, in groups: every outcome and, after every run, every
 * balance must be the same. LEDGER_MODEL_OPERATIONS makes the run longer; a failure prints its seed, which
 * LEDGER_MODEL_SEED replays.
 */
const OPERATIONS = Number(process.env["LEDGER_MODEL_OPERATIONS"] ?? 4_000);
const SEED = Number(process.env["LEDGER_MODEL_SEED"] ?? Date.now() % 2 ** 31);
const GROUPS_PER_RUN = 12;
const GROUP_SIZE_MAX = 25;
/** From this length on, every operation has its way, and is refused in the ways that the draw makes common. */
const LONG = 20_000;
const EVERYDAY = [
  "hold: held",
  "hold: conflict",
  "hold: insufficient_funds",
  "settle: settled",
  "settle: already_settled",
  "settle: expired",
  "settle: no_hold",
  "void: released",
  "expire: released",
  "grant: granted",
  "grant: conflict",
  "deposit: deposited",
  "deposit: conflict",
  "custody: recorded",
  "claim: claimed",
  "claim: not_found",
  "reserve_payout: payout",
  "reserve_payout: conflict",
  "post_payout: payout_ended",
  "void_payout: payout_ended",
  "stake: staked",
  "unstake: unstaked",
  "unstake: insufficient_funds",
  "release: released",
  "release: nothing_to_release",
  "slash: slashed",
  "slash: conflict",
  "clawback: clawed_back",
  "clawback: not_found",
  "compensate: compensated",
  "compensate: above_charge",
  "collect: collected",
];
/** fast-check draws about half of the greatest sizes. */
const RUNS = Math.ceil(OPERATIONS / ((GROUPS_PER_RUN * GROUP_SIZE_MAX) / 4));

/** Some operations are sent again, at once or later, as the network does. */
const group = fc.array(fc.tuple(anyOperation, fc.constantFrom(1, 1, 1, 2, 3)), {
  minLength: 1,
  maxLength: GROUP_SIZE_MAX,
  size: "max",
});

let server: LedgerServer;
let ledger: TestLedger;

beforeAll(async () => {
  server = await startLedgerServer();
  ledger = await server.ledger();
  await makeRich();
}, 60_000);
afterAll(async () => {
  await ledger.close();
  await server.stop();
});

describe("the ledger and the reference ledger", () => {
  it(`agree on every outcome and balance (seed ${SEED}, about ${OPERATIONS} operations)`, async () => {
    // Cooldowns are over with the commit that begins them.
    const values = { ...DEFAULT_PARAMETERS.values, unstakeCooldownSeconds: 0 };
    const committer = ledger.committer({ parameters: () => ({ version: 1, values }) });
    let runs = 0;
    let operations = 0;
    const met = new Set<string>();
    const runGroups = async (groups: readonly (readonly (readonly [Draft, number])[])[]) => {
      const run = `r${runs++}`;
      const reference = new ReferenceLedger();
      for (const code of [`vested:${RICH_WORKER}`, `wallet:${RICH_WORKER}`] as const)
        reference.begin(code, await ledger.available(code));
      const drafted = groups.map((drafts) =>
        drafts.flatMap(([make, copies]) => Array.from({ length: copies }, () => make(run))),
      );
      for (const members of [beginningOf(run), ...drafted]) {
        const outcomes = await Promise.all(members.map((operation) => committer.submit(operation)));
        expect(outcomes).toEqual(members.map((operation) => reference.run(operation)));
        operations += members.length;
        for (const [index, { kind }] of members.entries()) met.add(`${kind}: ${outcomes[index]?.kind}`);
        // Short holds are over from here on, for both.
        await ledger.db.pool.query("SELECT pg_sleep(0.002)");
        reference.timePasses();
      }
      await expectSameBalances(run, reference);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: GROUPS_PER_RUN, size: "max" }), runGroups),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    expect(operations).toBeGreaterThan(OPERATIONS / 2);
    if (OPERATIONS >= LONG) expect([...met]).toEqual(expect.arrayContaining(EVERYDAY));
    await ledger.expectRightBooks();
  }, 600_000);
});

/** Gives a worker vested earnings, and the pool of slashed LLAMA something to compensate with. */
async function makeRich(): Promise<void> {
  const committer = ledger.committer();
  const run = async (operation: Operation) => void (await committer.submit(operation));
  const amount = 10n ** 12n;
  await run(grantOf("rich", "patron", 2n * amount));
  await run(holdOf("rich", "patron", amount));
  await run(settleOf("rich", "patron", amount, { workerId: RICH_WORKER }));
  await run({ kind: "stake", requestId: "rich", owner: "patron", amount: micro(amount) });
  await run({ kind: "slash", caseId: "rich", owner: "patron", amount: micro(amount) });
  await ledger.endEpoch();
  await closeNextEpoch({
    db: ledger.db,
    reports: ledger.db,
    operations: { run: (operation) => committer.submit(operation) },
  });
  expect(await ledger.available(`vested:${RICH_WORKER}`)).toBeGreaterThan(amount / 2n);
}

async function expectSameBalances(run: string, reference: ReferenceLedger): Promise<void> {
  const { rows } = await ledger.db.pool.query<{ code: string; balance: bigint; held: bigint }>(
    `SELECT code, posted_credit - posted_debit AS balance, pending_debit AS held FROM accounts
      WHERE NOT is_folded AND code LIKE '%:' || $1 || '-%' AND posted_credit > 0`,
    [run],
  );
  const expected = reference
    .accounts()
    .filter((code) => code.includes(`:${run}-`))
    .map((code) => ({ code, balance: reference.balance(code), held: reference.held(code) }));
  const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1);
  expect(rows.sort(byCode)).toEqual(expected.sort(byCode));
}
