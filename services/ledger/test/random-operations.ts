import { minMicro } from "@flock/money";
import fc from "fast-check";
import type { AccountCode } from "../src/domain/account-code.js";
import type { Operation } from "../src/domain/operation.js";
import { grantOf, holdOf, micro, settleOf } from "./test-ledger.js";

/** An operation whose ids are of a run's own. */
export type Draft = (run: string) => Operation;

/** Has vested earnings from the start; shared by all runs. */
export const RICH_WORKER = "rich";

/*
 * Few owners and few ids, so that operations meet: what one stakes another slashes, and ids come again with other bodies.
 */
const account = fc.constantFrom("a", "b", "c");
const job = fc.integer({ min: 0, max: 8 });
/** A job is mostly its own account's, so that what is held is settled. */
const jobOfAccount = fc.oneof(
  { weight: 4, arbitrary: job.map((j) => [j, "abc"[j % 3] ?? "a"] as const) },
  { weight: 1, arbitrary: fc.tuple(job, account) },
);
const id = fc.integer({ min: 0, max: 5 });
const amount = fc.oneof(fc.bigInt({ min: 1n, max: 40n }), fc.bigInt({ min: 1n, max: 3_000n })).map(micro);
const timeoutMs = fc.constantFrom(1, 3_600_000, 3_600_000);
const tokens = fc.oneof(fc.bigInt({ min: 0n, max: 50n }), fc.constant(2n ** 32n - 1n));
const signature = fc.constantFrom("first", "second");

const jobs: fc.WeightedArbitrary<Draft>[] = [
  {
    weight: 8,
    arbitrary: fc.tuple(jobOfAccount, amount, fc.bigInt({ min: 0n, max: 30n }), timeoutMs).map(
      ([[j, a], max, min, timeout]): Draft =>
        (run) =>
          holdOf(`${run}-${j}`, `${run}-${a}`, max, {
            amountMin: minMicro(micro(min), max),
            timeoutMs: timeout,
          }),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(job, account, tokens, tokens, fc.bigInt({ min: 0n, max: 9n }), account).map(
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
    weight: 4,
    arbitrary: fc.tuple(fc.constantFrom("void", "expire", "clawback"), job).map(
      ([kind, j]): Draft =>
        (run) => ({ kind, jobId: `${run}-${j}` }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(job, amount).map(
      ([j, micros]): Draft =>
        (run) => ({ kind: "compensate", jobId: `${run}-${j}`, amount: micros }),
    ),
  },
];

const chain: fc.WeightedArbitrary<Draft>[] = [
  {
    weight: 4,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 20 }), account, amount).map(
      ([g, a, micros]): Draft =>
        (run) =>
          grantOf(`${run}-${g}`, `${run}-${a}`, micros),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.option(account, { nil: undefined, freq: 1 }), amount).map(
      ([s, a, micros]): Draft =>
        (run) => ({
          kind: "deposit",
          signature: `${run}-${s}`,
          amount: micros,
          ...(a === undefined ? {} : { accountId: `${run}-${a}` }),
        }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(id, amount).map(
      ([s, micros]): Draft =>
        (run) => ({ kind: "custody", signature: `${run}-${s}`, amount: micros }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, account).map(
      ([s, a]): Draft =>
        (run) => ({ kind: "claim", signature: `${run}-${s}`, accountId: `${run}-${a}` }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, fc.option(account, { nil: undefined, freq: 2 }), amount).map(
      ([p, a, micros]): Draft =>
        (run) => {
          const from: AccountCode = a === undefined ? `vested:${RICH_WORKER}` : `wallet:${run}-${a}`;
          return { kind: "reserve_payout", payoutId: `${run}-${p}`, account: from, amount: micros };
        },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.boolean(), id, signature).map(
      ([isPost, p, sig]): Draft =>
        (run) =>
          isPost
            ? { kind: "post_payout", payoutId: `${run}-${p}`, signature: sig }
            : { kind: "void_payout", payoutId: `${run}-${p}` },
    ),
  },
];

const stakes: fc.WeightedArbitrary<Draft>[] = [
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom("stake", "unstake"), id, account, amount).map(
      ([kind, r, a, micros]): Draft =>
        (run) => ({ kind, requestId: `${run}-${r}`, owner: `${run}-${a}`, amount: micros }),
    ),
  },
  {
    weight: 3,
    arbitrary: id.map(
      (r): Draft =>
        (run) => ({ kind: "release", requestId: `${run}-${r}` }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, account, amount).map(
      ([c, a, micros]): Draft =>
        (run) => ({ kind: "slash", caseId: `${run}-${c}`, owner: `${run}-${a}`, amount: micros }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(id, amount).map(
      ([r, micros]): Draft =>
        (run) => ({ kind: "collect", requestId: `${run}-${r}`, workerId: RICH_WORKER, amount: micros }),
    ),
  },
];

/** What a run begins with: money, and stakes. */
export function beginningOf(run: string): Operation[] {
  return ["a", "b", "c"].flatMap((owner): Operation[] => [
    grantOf(`${run}-begin-${owner}`, `${run}-${owner}`, 9_000n),
    { kind: "stake", requestId: `${run}-begin-${owner}`, owner: `${run}-${owner}`, amount: micro(700n) },
  ]);
}

/** Any operation of the ledger but the payments of epochs. */
export const anyOperation: fc.Arbitrary<Draft> = fc.oneof(...jobs, ...chain, ...stakes);
