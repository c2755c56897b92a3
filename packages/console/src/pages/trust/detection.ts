import { advance, jobEvidence, LADDER_RULES, LADDER_START, type Reading } from "@flock/evidence";

/* How soon cheats are found, lived through by the code that decides in the network. */

/** Places of a job that are read. */
const PLACES = 8;
const LIVES = 400;
export const JOBS_MAX = 100;
const SEED = 20_261_201;
const GREEDY = { temperature: 0, topK: 40, topP: 1, minP: 0, penalisedTokens: 0, endsByItself: false };
/** Honest workers of it miss 1 % at the most: the least that is ever assumed. */
const CELL = {
  ...{ modelDigest: "", engine: "", hardware: "", speculation: "none", positions: 2_000, misses: 1 },
  ...{ surprisalSlackMillinats: 0, measuredUnixMs: 0, frozenUntilUnixMs: 0 },
};
const PANEL = [
  { id: "one", isProtocol: false },
  { id: "another", isProtocol: false },
  { id: "protocol", isProtocol: true },
];

/** Shares of places that cheats miss: measured for the first two, see docs/verification.md. */
const CHEATS = [
  { name: "another model", missRate: 0.68 },
  { name: "a 4-bit copy", missRate: 0.2 },
  { name: "one place in ten", missRate: 0.1 },
  { name: "one place in twenty", missRate: 0.05 },
] as const;

/** Checked jobs; null: not within {@link JOBS_MAX}. */
export interface Jobs {
  readonly median: number | null;
  /** Of 20 cheats 19 need no more. */
  readonly p95: number | null;
}

export interface Detection {
  readonly name: string;
  readonly missRate: number;
  /** The share of cheats that is in quarantine after 1, 2, 3, … checked jobs. */
  readonly found: readonly number[];
  readonly toQuarantine: Jobs;
  readonly toConviction: Jobs;
  /** Lives that were lived. */
  readonly lives: number;
}

/** The same each time: its chances are drawn from a seed. */
export function detections(): readonly Detection[] {
  const random = randomOf(SEED);
  return CHEATS.map(({ name, missRate }) => {
    const lives = Array.from({ length: LIVES }, () => lifeOf(missRate, random));
    const quarantined = lives.map(({ quarantine }) => quarantine);
    return {
      ...{ name, missRate, lives: LIVES },
      found: Array.from(
        { length: JOBS_MAX },
        (_, index) => quarantined.filter((jobs) => jobs <= index + 1).length / LIVES,
      ),
      toQuarantine: jobsOf(quarantined),
      toConviction: jobsOf(lives.map(({ conviction }) => conviction)),
    };
  });
}

/** After how many jobs a cheat was found; infinite: not within the most. */
function lifeOf(missRate: number, random: () => number) {
  const life = { quarantine: Number.POSITIVE_INFINITY, conviction: Number.POSITIVE_INFINITY };
  let state = LADDER_START;
  for (let job = 1; job <= JOBS_MAX && state.standing !== "convicted"; job += 1) {
    const misses = Array.from({ length: PLACES }, random).filter((chance) => chance < missRate).length;
    const step = advance(state, evidenceOf(misses), PANEL, LADDER_RULES);
    state = step.next;
    if (step.verdict === "quarantine") life.quarantine = Math.min(life.quarantine, job);
    if (step.verdict === "conviction") life.conviction = job;
  }
  return life;
}

/** By the number of places missed: there are nine of them. */
const EVIDENCE = Array.from({ length: PLACES + 1 }, (_, misses) =>
  jobEvidence(
    Array.from(
      { length: PLACES },
      (_each, offset): Reading => ({
        ...{ kind: "token", offset, choices: [-5, -4_000] },
        claimed: offset < misses ? 1 : 0,
      }),
    ),
    GREEDY,
    CELL,
  ),
);

function evidenceOf(misses: number) {
  const evidence = EVIDENCE[misses];
  if (evidence === undefined) throw new RangeError(`${misses} of ${PLACES} places`);
  return evidence;
}

function jobsOf(lives: readonly number[]): Jobs {
  const sorted = lives.toSorted((one, other) => one - other);
  const at = (share: number) => {
    const jobs = sorted[Math.ceil(sorted.length * share) - 1];
    return jobs === undefined || !Number.isFinite(jobs) ? null : jobs;
  };
  return { median: at(0.5), p95: at(0.95) };
}

/** Mulberry32: chances from 0 to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
