import { FlockError } from "@flock/errors";
import { sha256 } from "@noble/hashes/sha2";
import { z } from "zod";
import type { CheckVerdict } from "./job-evidence.js";
import { jobEvidence } from "./job-evidence.js";
import {
  advance,
  type LadderState,
  type LadderVerdict,
  QUARANTINE_JOBS_MAX,
  type StandingName,
} from "./ladder.js";
import { CHOICES_MAX } from "./reading.js";

/*
 * All that a verdict was computed from, in numbers: no prompt, no answer, no token. Whoever has it computes the verdict
 * again, bit for bit. That the readings are right shows who has the model and the answer.
 */

const JOBS_MAX = 1_000;
const POSITIONS_MAX = 64;

const text = (max: number) => z.string().max(max);
const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const millinats = z.number().int().min(-1e12).max(1e12);
const base64 = (max: number) => text(max).regex(/^[A-Za-z0-9+/]*={0,2}$/, "must be base64");

const readingSchema = z
  .strictObject({
    kind: z.enum(["token", "end"]),
    offset: whole,
    choices: z
      .array(z.number().int().min(-200_000).max(0))
      .max(CHOICES_MAX + 1)
      .refine(
        (choices) => choices.every((choice, index) => choice <= (choices[index - 1] ?? 0)),
        "must fall",
      ),
    claimed: z.number().int().min(-1).max(CHOICES_MAX),
  })
  .refine(({ choices, claimed }) => claimed < choices.length, "claims a choice that there is not");

const share = z.number().min(0).max(1);
const samplingSchema = z.strictObject({
  temperature: z.number().min(0).max(1e6),
  topK: whole,
  topP: share,
  minP: share,
  penaltyMillinats: whole,
  endsByItself: z.boolean(),
});

const cellSchema = z.strictObject({
  modelDigest: text(64),
  engine: text(64),
  hardware: text(32),
  speculation: text(32),
  positions: whole,
  misses: whole,
  surprisalSlackMillinats: whole,
  measuredUnixMs: whole,
  frozenUntilUnixMs: whole,
});

const runsSchema = z.array(z.strictObject({ number: whole.min(1), logEMillinats: millinats })).max(64);
const quarantineSchema = z.strictObject({
  jobs: whole.max(QUARANTINE_JOBS_MAX),
  logEMillinats: millinats,
  referees: z.array(text(128)).max(64),
  hasProtocolReferee: z.boolean(),
});
const STANDINGS = [
  "probation",
  "proven",
  "watched",
  "quarantined",
  "convicted",
] as const satisfies readonly StandingName[];
const stateSchema = z.strictObject({
  standing: z.enum(STANDINGS),
  same: whole,
  different: whole,
  undetermined: whole,
  scoredJobs: whole,
  releases: whole,
  runs: runsSchema,
  quarantine: quarantineSchema.optional(),
});

const jobSchema = z.strictObject({
  jobId: text(64),
  model: text(256),
  /** The receipt by which the worker vouches for the answer, its signature and the key of it. */
  receipt: base64(16_384),
  signature: base64(128),
  signer: text(128),
  /** UTC day whose key has drawn the job and its places. */
  day: text(10).regex(/^\d{4}-\d\d-\d\d$/, "must be a day"),
  sampling: samplingSchema,
  cell: cellSchema.optional(),
  readings: z.array(readingSchema).max(POSITIONS_MAX),
  referees: z.array(z.strictObject({ id: text(128), isProtocol: z.boolean() })).max(POSITIONS_MAX),
  verdict: z.enum(["same", "different", "undetermined"]),
  logEMillinats: millinats.optional(),
});

const bundleSchema = z.strictObject({
  format: z.literal("flock/evidence/v1"),
  verdictId: text(64),
  workerId: text(128),
  verdict: z.enum(["quarantine", "release", "conviction"]),
  reachedUnixMs: whole,
  rules: z.strictObject({
    allFirstJobs: whole,
    halfUntilJobs: whole,
    floorBps: whole.max(10_000),
    refereesMin: whole.max(64),
  }),
  /** The worker's state before the first of the jobs. */
  start: stateSchema,
  /** Every job since then that was checked, in this order; the last one has brought the verdict about. */
  jobs: z.array(jobSchema).min(1).max(JOBS_MAX),
});

export type Bundle = z.infer<typeof bundleSchema>;
export type BundleJob = Bundle["jobs"][number];

export interface RecomputedJob {
  readonly jobId: string;
  readonly verdict: CheckVerdict;
  readonly logEMillinats: number | undefined;
  /** It is what the bundle says. */
  readonly agrees: boolean;
}

export interface Recomputed {
  readonly jobs: readonly RecomputedJob[];
  readonly state: LadderState;
  /** Undefined: nothing follows from these jobs. */
  readonly verdict: LadderVerdict | undefined;
  /** Each job, and the verdict by the last of them and by none before, are what the bundle says. */
  readonly agrees: boolean;
}

/**
 * Reads a bundle from its JSON.
 * @throws FlockError `invalid_argument`, with the place that is wrong
 */
export function readBundle(json: Uint8Array): Bundle {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (cause) {
    throw new FlockError("invalid_argument", "the evidence is no JSON", { cause });
  }
  const read = bundleSchema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new FlockError("invalid_argument", `evidence.${issue?.path.join(".")}: ${issue?.message}`);
}

/** The bytes by whose hash a bundle is known. */
export function writeBundle(bundle: Bundle): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(bundle));
}

export function bundleSha256(json: Uint8Array): Uint8Array {
  return sha256(json);
}

/** Computes a verdict again from its evidence. */
export function recompute({ start, jobs, rules, verdict: claimed }: Bundle): Recomputed {
  let state: LadderState = stateOf(start);
  let verdict: LadderVerdict | undefined;
  let isEarly = false;
  const recomputed = jobs.map((job, index): RecomputedJob => {
    const evidence = jobEvidence(job.readings, job.sampling, job.cell);
    const step = advance(state, evidence, job.referees, rules);
    state = step.next;
    if (step.verdict !== undefined && index < jobs.length - 1) isEarly = true;
    verdict = step.verdict;
    const agrees = evidence.verdict === job.verdict && evidence.logEMillinats === job.logEMillinats;
    return { jobId: job.jobId, verdict: evidence.verdict, logEMillinats: evidence.logEMillinats, agrees };
  });
  const agrees = recomputed.every((job) => job.agrees) && !isEarly && verdict === claimed;
  return { jobs: recomputed, state, verdict, agrees };
}

function stateOf({ quarantine, ...state }: Bundle["start"]): LadderState {
  return quarantine === undefined ? state : { ...state, quarantine };
}
