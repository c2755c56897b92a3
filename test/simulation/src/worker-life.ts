import {
  advance,
  type JobEvidence,
  jobEvidence,
  LADDER_RULES,
  LADDER_START,
  type LadderState,
  type Reading,
  type RefereeNamed,
} from "@flock/evidence";
import type { Random } from "./random.js";
import type { Nature, Referees } from "./worlds.js";

export const POSITIONS = 8;
/** Of honest workers of all kinds, so that 1 % is assumed of them. */
const CELL = { positions: 2_000, misses: 0, surprisalSlackMillinats: 0 };
const GREEDY = { temperature: 0, topK: 40, topP: 0.9, minP: 0, penaltyMillinats: 0, endsByItself: true };

/** The evidence of a job with so many misses: all that the simulation needs of the places. */
const EVIDENCE: readonly JobEvidence[] = Array.from({ length: POSITIONS + 1 }, (_, misses) =>
  jobEvidence(
    Array.from({ length: POSITIONS }, (_, place) => readingOf(place, place < misses)),
    GREEDY,
    CELL,
  ),
);

function readingOf(offset: number, isMissed: boolean): Reading {
  return { kind: "token", offset, choices: [-100, -5_000], claimed: isMissed ? 1 : 0 };
}

/** What became of one worker. */
export interface Life {
  /** The number of its checked job at which that happened first; undefined: never. */
  readonly watchedAt: number | undefined;
  readonly quarantinedAt: number | undefined;
  readonly convictedAt: number | undefined;
}

/** Lives a worker's life until it is convicted, or so many of its jobs were checked. */
export function live(
  nature: Nature,
  referees: Referees,
  jobs: number,
  random: Random,
  isCheat: boolean,
): Life {
  let state: LadderState = LADDER_START;
  let watchedAt: number | undefined;
  let quarantinedAt: number | undefined;
  for (let job = 0; job < jobs; job++) {
    const isFresh = state.standing === "quarantined";
    const told = readBy(nature.missRate(random, job, isFresh), referees, isFresh, random, isCheat);
    const evidence = EVIDENCE[told.misses];
    if (evidence === undefined) throw new RangeError("more misses than places");
    state = advance(state, evidence, told.panel, LADDER_RULES).next;
    if (state.standing !== "probation" && state.standing !== "proven") watchedAt ??= job + 1;
    if (state.standing === "quarantined") quarantinedAt ??= job + 1;
    if (state.standing === "convicted") return { watchedAt, quarantinedAt, convictedAt: job + 1 };
  }
  return { watchedAt, quarantinedAt, convictedAt: undefined };
}

/**
 * One referee reads a job. What it misses one of the protocol's own reads again; in quarantine so do a second one and
 * the protocol's whatever the first one says. The kindest reading of a place counts. A liar says what harms honest
 * workers and helps cheats.
 */
function readBy(
  rate: number,
  { lying }: Referees,
  isFresh: boolean,
  random: Random,
  isCheat: boolean,
): { misses: number; panel: readonly RefereeNamed[] } {
  const truth = random.binomial(POSITIONS, rate);
  const lie = isCheat ? 0 : POSITIONS;
  const told = (): number => (random.isLikely(lying) ? lie : truth);
  const first = told();
  if (isFresh)
    return { misses: Math.min(first, told(), truth), panel: [named(random), named(random), PROTOCOL] };
  if (first === 0) return { misses: 0, panel: [named(random)] };
  return { misses: Math.min(first, truth), panel: [named(random), PROTOCOL] };
}

const PROTOCOL: RefereeNamed = { id: "protocol", isProtocol: true };

function named(random: Random): RefereeNamed {
  return { id: `referee-${Math.floor(random.next() * 50)}`, isProtocol: false };
}
