import { microLlama } from "@flock/money";
import fc from "fast-check";
import type { JobLine, StatementLine, TotalLine } from "../src/statement/statement-line.js";
import { TOTAL_KEYS } from "../src/statement/statement-line.js";
import { defaultRules } from "./legal-rules.js";

const ID_CHARACTERS = [..."ABCXYZabcxyz019_-"];
const ids = fc.string({ unit: fc.constantFrom(...ID_CHARACTERS), minLength: 1, maxLength: 12 });
/** Small amounts, and some that are exact as bigints only. */
const bigints = fc.oneof(
  fc.bigInt({ min: 0n, max: 20_000n }),
  fc.bigInt({ min: 0n, max: 10n ** 14n }),
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
);
const micros = bigints.map(microLlama);
const texts = fc.oneof(fc.constantFrom("llama3.2:3b", "hf.co/a/b:Q4_K_M"), fc.string({ unit: "grapheme" }));

/** Jobs whose amounts are right. */
export const jobLines: fc.Arbitrary<JobLine> = fc
  .record({
    job: ids,
    account: ids,
    worker: ids,
    model: texts,
    digest: texts,
    promptTokens: fc.bigInt({ min: 0n, max: 10n ** 6n }),
    completionTokens: fc.bigInt({ min: 0n, max: 10n ** 6n }),
    promptPrice: fc
      .oneof(fc.bigInt({ min: 0n, max: 50n }), fc.bigInt({ min: 0n, max: 10n ** 9n }))
      .map(microLlama),
    completionPrice: fc.bigInt({ min: 0n, max: 50n }).map(microLlama),
    held: micros,
    workerShareBps: fc.integer({ min: 9_000, max: 9_900 }),
    isClawedBack: fc.boolean(),
    receipt: fc.option(
      fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex")),
      { nil: undefined },
    ),
  })
  .map((job) => {
    const cost = job.promptTokens * job.promptPrice + job.completionTokens * job.completionPrice;
    const isCapped = cost > job.held;
    const charge = isCapped ? job.held : microLlama(cost);
    const workerShare = microLlama((charge * BigInt(job.workerShareBps)) / 10_000n);
    return { kind: "job", ...job, charge, workerShare, protocolShare: microLlama(charge - workerShare) };
  });

const totals: fc.Arbitrary<TotalLine> = fc
  .tuple(...Object.keys(TOTAL_KEYS).map(() => micros))
  .map((values) => {
    const sums = Object.fromEntries(Object.keys(TOTAL_KEYS).map((key, index) => [key, values[index]]));
    // CAST: every key has a value.
    return { kind: "total", ...sums } as unknown as TotalLine;
  });

/** Lines of every kind, each canonical on its own. */
export const anyLine: fc.Arbitrary<StatementLine> = fc.oneof(
  jobLines,
  totals,
  fc.record({
    kind: fc.constant("header" as const),
    epoch: fc.nat(),
    startMs: fc.nat(),
    endMs: fc.nat(),
    parametersVersion: fc.integer({ min: 1, max: 1_000 }),
    rules: fc.constant(defaultRules),
    rewardsPool: micros,
    stakeWeight: bigints,
  }),
  fc.record({
    kind: fc.constant("worker" as const),
    worker: ids,
    jobs: bigints,
    jobsClawedBack: bigints,
    protocolShare: micros,
    vest: micros,
    emission: micros,
  }),
  fc.record({ kind: fc.constant("staker" as const), staker: ids, weight: micros, reward: micros }),
  fc.record({ kind: fc.constant("account" as const), account: ids, jobs: bigints, charge: bigints }),
);
