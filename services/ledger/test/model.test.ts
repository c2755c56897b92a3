import { minMicro } from "@flock/money";
import fc from "fast-check";
import type { Operation } from "../src/domain/operation.js";
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
const GROUPS_PER_RUN = 8;
const GROUP_SIZE_MAX = 25;
/** fast-check draws about half of the greatest sizes. */
const RUNS = Math.ceil(OPERATIONS / ((GROUPS_PER_RUN * GROUP_SIZE_MAX) / 4));

const account = fc.constantFrom("a", "b", "c");
const job = fc.integer({ min: 0, max: 12 });
const amount = fc.oneof(fc.bigInt({ min: 1n, max: 40n }), fc.bigInt({ min: 1n, max: 3_000n }));
const timeoutMs = fc.constantFrom(1, 3_600_000, 3_600_000);
const tokens = fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.constant(2n ** 32n - 1n));

type Draft = (run: string) => Operation;

const draft: fc.Arbitrary<Draft> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(job, account, amount, fc.bigInt({ min: 0n, max: 30n }), timeoutMs).map(
      ([j, a, max, min, timeout]): Draft =>
        (run) =>
          holdOf(`${run}-${j}`, `${run}-${a}`, max, {
            amountMin: minMicro(micro(min), micro(max)),
            timeoutMs: timeout,
          }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(job, account, tokens, tokens, fc.bigInt({ min: 0n, max: 9n }), fc.constantFrom("x", "y"))
      .map(
        ([j, a, prompt, completion, price, worker]): Draft =>
          (run) =>
            settleOf(`${run}-${j}`, `${run}-${a}`, 0n, {
              workerId: `${run}-${worker}`,
              promptTokens: prompt,
              completionTokens: completion,
              promptPrice: micro(price),
              completionPrice: micro(price + 1n),
            }),
      ),
  },
  {
    weight: 1,
    arbitrary: job.map(
      (j): Draft =>
        (run) => ({ kind: "void", jobId: `${run}-${j}` }),
    ),
  },
  {
    weight: 1,
    arbitrary: job.map(
      (j): Draft =>
        (run) => ({ kind: "expire", jobId: `${run}-${j}` }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 20 }), account, amount).map(
      ([g, a, micros]): Draft =>
        (run) =>
          grantOf(`${run}-${g}`, `${run}-${a}`, micros),
    ),
  },
);
/** Some operations are sent again, at once or later, as the network does. */
const group = fc.array(fc.tuple(draft, fc.constantFrom(1, 1, 1, 2, 3)), {
  minLength: 1,
  maxLength: GROUP_SIZE_MAX,
});

let server: LedgerServer;
let ledger: TestLedger;

beforeAll(async () => {
  server = await startLedgerServer();
  ledger = await server.ledger();
}, 60_000);
afterAll(async () => {
  await ledger.close();
  await server.stop();
});

describe("the ledger and the reference ledger", () => {
  it(`agree on every outcome and balance (seed ${SEED}, about ${OPERATIONS} operations)`, async () => {
    const committer = ledger.committer();
    let runs = 0;
    let operations = 0;
    const runGroups = async (groups: readonly (readonly (readonly [Draft, number])[])[]) => {
      const run = `r${runs++}`;
      const reference = new ReferenceLedger();
      for (const drafts of groups) {
        const members = drafts.flatMap(([make, copies]) => Array.from({ length: copies }, () => make(run)));
        const outcomes = await Promise.all(members.map((operation) => committer.submit(operation)));
        expect(outcomes).toEqual(members.map((operation) => reference.run(operation)));
        operations += members.length;
        // Short holds are over from here on, for both.
        await ledger.db.pool.query("SELECT pg_sleep(0.002)");
        reference.timePasses();
      }
      await expectSameBalances(run, reference);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: GROUPS_PER_RUN }), runGroups),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    expect(operations).toBeGreaterThan(OPERATIONS / 2);
    await ledger.expectRightBooks();
  }, 600_000);
});

async function expectSameBalances(run: string, reference: ReferenceLedger): Promise<void> {
  const { rows } = await ledger.db.pool.query<{ code: string; balance: bigint; held: bigint }>(
    `SELECT code, posted_credit - posted_debit AS balance, pending_debit AS held FROM accounts
      WHERE NOT is_folded AND code LIKE '%:' || $1 || '-%' AND posted_credit > 0`,
    [run],
  );
  const expected = reference
    .accounts()
    .filter(
      (code) => !code.startsWith("pool:") && (reference.balance(code) !== 0n || code.startsWith("wallet:")),
    )
    .map((code) => ({ code, balance: reference.balance(code), held: reference.held(code) }));
  const byCode = (a: { code: string }, b: { code: string }) => (a.code < b.code ? -1 : 1);
  expect(rows.sort(byCode)).toEqual(expected.sort(byCode));
}
