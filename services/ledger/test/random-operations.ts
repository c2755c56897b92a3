import { minMicro } from "@flock/money";
import fc from "fast-check";
import type { AccountCode } from "../src/domain/account-code.js";
import type { Operation } from "../src/domain/operations.js";
import { fundOf, holdOf, micro, settleOf } from "./test-ledger.js";

/** An operation whose ids are of a run's own. Accounts are the same in all runs. */
export type Draft = (run: string) => Operation;

/*
 * Few owners and few ids, so that operations meet: what one stakes another slashes, and ids come again with other
 * bodies.
 */
const account = fc.constantFrom("a", "b", "c");
/** Workers are clients and stakers as well, but one. */
const worker = fc.constantFrom("a", "b", "c", "w");
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
const paidOut = fc.oneof(
  { weight: 2, arbitrary: account.map((a): AccountCode => `wallet:${a}`) },
  { weight: 1, arbitrary: worker.map((w): AccountCode => `vested:${w}`) },
);
const signature = fc.constantFrom("first", "second");

const jobs: fc.WeightedArbitrary<Draft>[] = [
  {
    weight: 8,
    arbitrary: fc.tuple(jobOfAccount, amount, fc.bigInt({ min: 0n, max: 30n }), timeoutMs).map(
      ([[j, a], max, min, timeout]): Draft =>
        (run) =>
          holdOf(`${run}-${j}`, a, max, {
            amountMin: minMicro(micro(min), max),
            timeoutMs: timeout,
          }),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.tuple(jobOfAccount, tokens, tokens, fc.bigInt({ min: 0n, max: 9n }), worker).map(
      ([[j, a], prompt, completion, price, workerId]): Draft =>
        (run) =>
          settleOf(`${run}-${j}`, a, 0n, {
            workerId,
            promptTokens: prompt,
            completionTokens: completion,
            promptPrice: micro(price),
            completionPrice: micro(price + 1n),
          }),
    ),
  },
  {
    weight: 5,
    arbitrary: fc.tuple(fc.constantFrom("void", "expire", "clawback", "clawback"), job).map(
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
          fundOf(`${run}-${g}`, a, micros),
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
          ...(a === undefined ? {} : { accountId: a }),
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
        (run) => ({ kind: "claim_deposit", signature: `${run}-${s}`, accountId: a }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(id, paidOut, amount).map(
      ([p, from, micros]): Draft =>
        (run) => ({ kind: "reserve_payout", payoutId: `${run}-${p}`, account: from, amount: micros }),
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
        (run) => ({ kind, requestId: `${run}-${r}`, owner: a, amount: micros }),
    ),
  },
  {
    weight: 3,
    arbitrary: id.map(
      (r): Draft =>
        (run) => ({ kind: "release_stake", requestId: `${run}-${r}` }),
    ),
  },
  {
    weight: 2,
    // Cases are named after jobs: their clients can be compensated with what was taken.
    arbitrary: fc.tuple(job, account, amount).map(
      ([c, a, micros]): Draft =>
        (run) => ({ kind: "slash", caseId: `${run}-${c}`, owner: a, amount: micros }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, worker, amount).map(
      ([r, w, micros]): Draft =>
        (run) => ({ kind: "collect", requestId: `${run}-${r}`, workerId: w, amount: micros }),
    ),
  },
];

/** What a run begins with: money, and stakes. */
export function beginningOf(run: string): Operation[] {
  return ["a", "b", "c"].flatMap((owner): Operation[] => [
    fundOf(`${run}-begin-${owner}`, owner, 9_000n),
    { kind: "stake", requestId: `${run}-begin-${owner}`, owner, amount: micro(700n) },
  ]);
}

/** Any operation of the ledger but the payments of epochs, which are made by closing one. */
export const anyOperation: fc.Arbitrary<Draft> = fc.oneof(...jobs, ...chain, ...stakes);
