/*
 * The strict reader of statement lines. A line is what it says only if it is canonical: what was read is written again
 * and must be the same text. So key order, spacing, escapes, leading zeros and additional keys need no checks of their
 * own.
 */
import { FlockError } from "@flock/errors";
import { microFromJson, microLlama } from "@flock/money";
import { parametersFromJson } from "@flock/parameters";
import { z } from "zod";
import { EPOCH_RULE_NAMES, type EpochRules, epochRules } from "../division/epoch-division.js";
import {
  encodeLine,
  type HeaderLine,
  type JobLine,
  STATEMENT_FORMAT,
  type StatementLine,
  TOTAL_KEYS,
} from "./statement-line.js";

/** More than any legal line has: a model's name and digest have 512 characters at most. */
export const LINE_BYTES_MAX = 16_384;

const id = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/);
const amount = z.unknown().transform((value, context) => {
  try {
    const micro = microFromJson(value);
    if (micro >= 0n) return micro;
  } catch {
    // Said below, with the field's name.
  }
  context.addIssue("must be a string of a whole number that is not negative");
  return z.NEVER;
});
/** Sums over an epoch may be larger than any single amount. */
const sum = z
  .string()
  .regex(/^(0|[1-9]\d{0,37})$/)
  .transform(BigInt);
const count = sum;
const whole = z.int().min(0);
const pair = z.tuple([amount, amount]);
const tokens = z.tuple([sum, sum]);

const header = z
  .looseObject({
    statement: z.literal(STATEMENT_FORMAT),
    epoch: whole,
    startMs: whole,
    endMs: whole,
    parametersVersion: z.int().min(1),
    rewardsPool: amount,
    stakeWeight: sum,
  })
  .transform((line): HeaderLine => {
    const { epoch, startMs, endMs, parametersVersion, rewardsPool, stakeWeight } = line;
    return {
      kind: "header",
      epoch,
      startMs,
      endMs,
      parametersVersion,
      rules: rulesOf(line, parametersVersion),
      rewardsPool,
      stakeWeight,
    };
  });

const job = z
  .object({
    job: id,
    account: id,
    worker: id,
    model: z.string(),
    digest: z.string(),
    tokens,
    prices: pair,
    held: amount,
    workerShareBps: z.int().min(0).max(10_000),
    charge: amount,
    shares: pair,
    clawedBack: z.boolean(),
    receipt: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
  })
  .transform((line): JobLine => {
    const { tokens: counts, prices, shares, clawedBack, receipt, ...rest } = line;
    return {
      kind: "job",
      ...rest,
      promptTokens: counts[0],
      completionTokens: counts[1],
      promptPrice: prices[0],
      completionPrice: prices[1],
      workerShare: shares[0],
      protocolShare: shares[1],
      isClawedBack: clawedBack,
      receipt: receipt ?? undefined,
    };
  });

const worker = z
  .object({
    worker: id,
    jobs: count,
    jobsClawedBack: count,
    protocolShare: amount,
    vest: amount,
    emission: amount,
  })
  .transform((line) => ({ kind: "worker" as const, ...line }));
const staker = z
  .object({ staker: id, weight: amount, reward: amount })
  .transform((line) => ({ kind: "staker" as const, ...line }));
const account = z
  .object({ account: id, jobs: count, charge: sum })
  .transform((line) => ({ kind: "account" as const, ...line }));

const TRANSFERS = ["emission", "stakingRewards", "toLiquidity", "toDev", "toSlashed", "feesKept"] as const;
const total = z
  .object({ total: z.record(z.enum(Object.keys(TOTAL_KEYS) as (keyof typeof TOTAL_KEYS)[]), sum) })
  .transform(({ total: sums }) => {
    const [emission, stakingRewards, toLiquidity, toDev, toSlashed, feesKept] = TRANSFERS.map((name) =>
      microLlama(sums[name]),
    );
    return {
      kind: "total" as const,
      ...sums,
      emission,
      stakingRewards,
      toLiquidity,
      toDev,
      toSlashed,
      feesKept,
    };
  });

/** The schema of a line by its first key. */
const SCHEMAS = { statement: header, job, worker, staker, account, total } as const;

/**
 * Reads one line, with its "\n".
 * @throws FlockError `invalid_argument` when it is not a canonical line of a statement; its message says why.
 */
export function parseLine(text: string): StatementLine {
  const [, key] = /^\{"([a-z]+)":/.exec(text) ?? [];
  const schema = key !== undefined && Object.hasOwn(SCHEMAS, key) && SCHEMAS[key as keyof typeof SCHEMAS];
  if (!schema) throw notALine(text, "it begins like no line of a statement");
  const read = schema.safeParse(jsonOf(text));
  if (!read.success) throw notALine(text, z.prettifyError(read.error).replaceAll("\n", " "));
  const line = read.data as StatementLine;
  if (encodeLine(line) !== text) throw notALine(text, "it is not in canonical form");
  return line;
}

/** The rules of an epoch, if they are in the legal box: outside it the promises of the tokenomics do not hold. */
function rulesOf(line: Readonly<Record<string, unknown>>, version: number): EpochRules {
  const values = Object.fromEntries(EPOCH_RULE_NAMES.map((name) => [name, line[name]]));
  return epochRules(parametersFromJson({ version, values }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw notALine(text, "it is not JSON");
  }
}

function notALine(text: string, why: string): FlockError {
  const shown = JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}…` : text);
  return new FlockError("invalid_argument", `${shown} is not a line of an epoch statement: ${why}`);
}
