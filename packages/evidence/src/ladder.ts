import type { JobEvidence } from "./job-evidence.js";
import { ln } from "./numerics.js";

/** What is thought of a worker. */
export type StandingName = "probation" | "proven" | "watched" | "quarantined" | "convicted";

/** Evidence of a row of jobs: the logarithm of its product, in millinats. */
export interface Run {
  /** 1, 2, 3, … in the order in which they began. */
  readonly number: number;
  readonly logEMillinats: number;
}

/** What quarantine began with, and what was found since. */
export interface Quarantine {
  readonly jobs: number;
  readonly logEMillinats: number;
  /** Those who were asked, each once; no more than matter. */
  readonly referees: readonly string[];
  readonly hasProtocolReferee: boolean;
}

/** All that is remembered of a worker. What follows is computed from it and the next job alone. */
export interface LadderState {
  readonly standing: StandingName;
  readonly same: number;
  readonly different: number;
  readonly undetermined: number;
  /** Jobs that counted, since the last release. */
  readonly scoredJobs: number;
  /** How often it was released from quarantine. */
  readonly releases: number;
  /** Those that say most, oldest first. */
  readonly runs: readonly Run[];
  readonly quarantine?: Quarantine;
}

export interface LadderRules {
  /** So many of a worker's first jobs are all checked … */
  readonly allFirstJobs: number;
  /** … and of those until then every second one. */
  readonly halfUntilJobs: number;
  /** Of all others so many of 10 000 are. */
  readonly floorBps: number;
  /** Referees that a conviction needs, one of them the protocol's own. */
  readonly refereesMin: number;
}

export const LADDER_RULES: LadderRules = {
  allFirstJobs: 20,
  halfUntilJobs: 100,
  floorBps: 500,
  refereesMin: 3,
};

/** Who has read the places of a job. */
export interface RefereeNamed {
  readonly id: string;
  readonly isProtocol: boolean;
}

export type LadderVerdict = "quarantine" | "release" | "conviction";

export interface Step {
  readonly next: LadderState;
  /** What is to be announced. */
  readonly verdict?: LadderVerdict;
}

export const LADDER_START: LadderState = {
  standing: "probation",
  same: 0,
  different: 0,
  undetermined: 0,
  scoredJobs: 0,
  releases: 0,
  runs: [],
};

/* Logarithms of the evidence from which on something follows, in millinats; rounded up. */
const WATCH_LOG_E = 2_996; // 20
const QUARANTINE_LOG_E = 6_908; // 1 000
const CONVICTION_LOG_E = 13_816; // 1 000 000

/** A run begins every so many jobs, for workers that turn bad. */
const RUN_EVERY_JOBS = 10;
const RUNS_MAX = 12;
/** Quarantine ends after so many jobs in order … */
const RELEASE_JOBS = 10;
/** … or after so many that convict nobody. */
export const QUARANTINE_JOBS_MAX = 60;
/** Who behaves in quarantine and cheats again is convicted at this quarantine. */
const RELAPSES_MAX = 3;
const REFEREES_REMEMBERED = 8;

const FRESH: Quarantine = { jobs: 0, logEMillinats: 0, referees: [], hasProtocolReferee: false };

/**
 * A worker's state after one more of its jobs was checked. The transitions are the table in this package's README.
 *
 * @param referees Who has read the job's places.
 */
export function advance(
  state: LadderState,
  evidence: JobEvidence,
  referees: readonly RefereeNamed[],
  rules: LadderRules,
): Step {
  const counted = { ...state, [evidence.verdict]: state[evidence.verdict] + 1 };
  const logE = evidence.logEMillinats;
  if (logE === undefined || state.standing === "convicted") return { next: counted };
  // What speaks against a worker counts only if one of the protocol's own has read it, too.
  if (logE > 0 && !referees.some(({ isProtocol }) => isProtocol)) return { next: counted };
  const scored = { ...counted, scoredJobs: state.scoredJobs + 1 };
  return state.quarantine === undefined
    ? atLarge({ ...scored, runs: runsWith(state, logE) }, rules)
    : inQuarantine(scored, quarantineWith(state.quarantine, logE, referees), rules);
}

/**
 * Evidence against a worker over all of its jobs, in millinats. Run number j has the weight 1/(j(j+1)), and counts as 1
 * before it begins: so the mean over all runs that will ever be is a martingale, and no honest worker is ever above 1/α
 * with a probability of more than α, however long it works. One of the terms is not more than the mean.
 */
export function evidenceOf({ runs }: Pick<LadderState, "runs">): number {
  return runs.reduce(
    (most, { number, logEMillinats }) => Math.max(most, logEMillinats - weightOf(number)),
    0,
  );
}

/** How many of 10 000 of a worker's jobs are drawn. */
export function drawRateBps({ standing, scoredJobs }: LadderState, rules: LadderRules): number {
  switch (standing) {
    case "probation":
      return scoredJobs < rules.allFirstJobs ? 10_000 : 5_000;
    case "watched":
      return 5_000;
    case "quarantined":
      return 10_000;
    case "convicted":
      return 0;
    case "proven":
      return rules.floorBps;
  }
}

function atLarge(state: LadderState, rules: LadderRules): Step {
  const logE = evidenceOf(state);
  if (logE >= QUARANTINE_LOG_E) {
    if (state.releases + 1 >= RELAPSES_MAX)
      return { next: { ...state, standing: "convicted" }, verdict: "conviction" };
    return { next: { ...state, standing: "quarantined", quarantine: FRESH }, verdict: "quarantine" };
  }
  const standing =
    logE >= WATCH_LOG_E ? "watched" : state.scoredJobs < rules.halfUntilJobs ? "probation" : "proven";
  return { next: { ...state, standing } };
}

function inQuarantine(state: LadderState, quarantine: Quarantine, { refereesMin }: LadderRules): Step {
  const { jobs, logEMillinats, referees, hasProtocolReferee } = quarantine;
  const isConfirmed = referees.length >= refereesMin && hasProtocolReferee;
  if (logEMillinats >= CONVICTION_LOG_E && isConfirmed)
    return { next: { ...state, standing: "convicted", quarantine }, verdict: "conviction" };
  const isInOrder = jobs >= RELEASE_JOBS && logEMillinats <= 0;
  // Evidence that nobody of the protocol's own confirms keeps nobody locked up for ever.
  if (isInOrder || jobs >= QUARANTINE_JOBS_MAX) {
    const { quarantine: _over, ...rest } = state;
    const anew = { standing: "probation", runs: [], scoredJobs: 0, releases: state.releases + 1 } as const;
    return { next: { ...rest, ...anew }, verdict: "release" };
  }
  return { next: { ...state, quarantine } };
}

function quarantineWith(before: Quarantine, logE: number, referees: readonly RefereeNamed[]): Quarantine {
  const ids = [...new Set([...before.referees, ...referees.map(({ id }) => id)])];
  return {
    jobs: before.jobs + 1,
    logEMillinats: before.logEMillinats + logE,
    referees: ids.slice(0, REFEREES_REMEMBERED),
    hasProtocolReferee: before.hasProtocolReferee || referees.some(({ isProtocol }) => isProtocol),
  };
}

function runsWith({ runs, scoredJobs }: LadderState, logE: number): readonly Run[] {
  const begun =
    scoredJobs % RUN_EVERY_JOBS === 0
      ? [...runs, { number: scoredJobs / RUN_EVERY_JOBS + 1, logEMillinats: 0 }]
      : runs;
  return withoutWeakest(begun.map((run) => ({ ...run, logEMillinats: run.logEMillinats + logE })));
}

/** To forget a run only lowers the evidence. The newest one is kept: it has had no time yet. */
function withoutWeakest(runs: readonly Run[]): readonly Run[] {
  if (runs.length <= RUNS_MAX) return runs;
  const worth = ({ number, logEMillinats }: Run): number => logEMillinats - weightOf(number);
  const old = runs.slice(0, -1);
  const weakest = old.reduce((least, run) => (worth(run) < worth(least) ? run : least));
  return runs.filter((run) => run !== weakest);
}

/** −ln(1/(j(j+1))) in millinats, rounded up. */
function weightOf(number: number): number {
  return Math.ceil(ln(number * (number + 1)) * 1_000);
}
