import { jest } from "@jest/globals";
import fc from "fast-check";
import { ModelRun, type Step } from "./model-run.js";
import { anyOperation } from "./random-operations.js";
import { legalValues } from "./random-parameters.js";
import { serverForFile } from "./test-ledger.js";

/*
 * Random operations against the real ledger and the naive one, in groups, and epochs that end and close in between:
 * every outcome, every payment of an epoch and every line about it, and after every close every balance must be the
 * same. LEDGER_MODEL_OPERATIONS makes the run longer; a failure prints its seed, which LEDGER_MODEL_SEED replays.
 */
const OPERATIONS = Number(process.env["LEDGER_MODEL_OPERATIONS"] ?? 4_000);
const SEED = Number(process.env["LEDGER_MODEL_SEED"] ?? Date.now() % 2 ** 31);
const STEPS_MIN = 20;
const STEPS_MAX = 50;
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
  "void: given_back",
  "expire: given_back",
  "fund: funded",
  "fund: conflict",
  "deposit: deposited",
  "deposit: conflict",
  "custody: recorded",
  "claim_deposit: claimed",
  "claim_deposit: not_found",
  "reserve_payout: payout",
  "reserve_payout: conflict",
  "post_payout: payout_ended",
  "void_payout: payout_ended",
  "stake: staked",
  "unstake: unstaked",
  "unstake: insufficient_funds",
  "release_stake: released",
  "release_stake: nothing_to_release",
  "slash: slashed",
  "slash: conflict",
  "clawback: clawed_back",
  "clawback: not_found",
  "clawback: nothing_to_claw_back",
  "clawback: too_late",
  "compensate: compensated",
  "compensate: above_charge",
  "compensate: above_penalty",
  "collect: collected",
  "epoch: without jobs",
  "epoch: with a job clawed back",
  "epoch: with several workers",
  "epoch: with a worker that is its own client",
  "epoch: slashed before its close",
  "epoch: rewards several stakers",
  "epoch: has nobody who staked throughout",
  "epoch: emits something",
  "epoch: emits nothing of its fees",
  "epoch: emits less than its cap",
];

/** Some operations are sent again, at once or later, as the network does, and some are about an epoch that is over. */
const group = fc
  .array(fc.tuple(anyOperation, fc.constantFrom(1, 1, 1, 2, 3), fc.constantFrom(0, 0, 0, 0, 0, 1, 1, 2)), {
    minLength: 1,
    maxLength: GROUP_SIZE_MAX,
    size: "max",
  })
  .map((members): Step => ({ kind: "group", members }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 14, arbitrary: group },
  { weight: 2, arbitrary: legalValues.map((values): Step => ({ kind: "end", values })) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: "begin closing" }) },
  { weight: 2, arbitrary: fc.constant<Step>({ kind: "close" }) },
);
const RUNS = Math.ceil(OPERATIONS / 400);
jest.setTimeout(600_000 + OPERATIONS * 3);

const server = serverForFile();

describe("the ledger and the reference ledger", () => {
  it(`agree on every outcome, balance and payment of an epoch (seed ${SEED}, about ${OPERATIONS} operations)`, async () => {
    let operations = 0;
    const met = new Set<string>();
    const runSteps = async (steps: readonly Step[]) => {
      const ledger = await server.ledger();
      const run = new ModelRun(ledger, met);
      await run.begin();
      for (const step of steps) await run.step(step);
      await run.finish();
      operations += run.operations;
      await ledger.close();
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: STEPS_MIN, maxLength: STEPS_MAX, size: "max" }), runSteps),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    expect(operations).toBeGreaterThan(OPERATIONS / 2);
    if (OPERATIONS >= LONG) expect(EVERYDAY.filter((outcome) => !met.has(outcome))).toEqual([]);
  });
});
