import type { Random } from "./random.js";

/** How a worker's jobs turn out: the rate at which the places of its n-th checked job are missed. */
export interface Nature {
  readonly name: string;
  missRate(random: Random, job: number, isQuarantined: boolean): number;
}

const steady = (name: string, rate: number): Nature => ({ name, missRate: () => rate });
const clustered = (name: string, a: number, b: number): Nature => ({
  name,
  missRate: (random) => random.beta(a, b),
});
const partly = (share: number, rate: number): Nature => ({
  name: `${rate * 100} % on ${share * 100} % of its jobs`,
  missRate: (random) => (random.isLikely(share) ? rate : HONEST_RATE),
});

/** What honest workers miss in the simulation: close below the 1 % that is assumed of them. */
const HONEST_RATE = 0.008;

/** Honest machines, each kind with another noise. */
export const HONEST: readonly Nature[] = [
  steady("as measured (docs/verification.md): 0.05 %", 0.0005),
  steady("each place alike: 0.8 %", HONEST_RATE),
  clustered("clustered by job, 0.8 % on average", 0.08, 9.92),
  clustered("extremely clustered, 0.8 % on average", 0.016, 1.984),
  steady("wrongly calibrated: 1.5 % in truth", 0.015),
];

/** Cheats, by how often the right model would not have said what they say. */
export const CHEATS: readonly Nature[] = [
  steady("90 % (a canned answer)", 0.9),
  steady("68 % (another model)", 0.68),
  steady("50 %", 0.5),
  steady("30 %", 0.3),
  steady("20 % (a 4-bit copy)", 0.2),
  steady("15 %", 0.15),
  steady("10 %", 0.1),
  steady("5 %", 0.05),
  partly(0.5, 0.25),
  partly(0.2, 0.25),
  partly(0.05, 0.25),
  {
    name: "68 %, but nothing in quarantine",
    missRate: (_, __, isQuarantined) => (isQuarantined ? HONEST_RATE : 0.68),
  },
  { name: "68 % from the 1 000th job on", missRate: (_, job) => (job < 1_000 ? HONEST_RATE : 0.68) },
];

/** Who reads the places. */
export interface Referees {
  readonly name: string;
  /** The share of them that lies: in favour of cheats, and against honest workers. */
  readonly lying: number;
}

export const REFEREES: readonly Referees[] = [
  { name: "all referees honest", lying: 0 },
  { name: "10 % of referees lie", lying: 0.1 },
  { name: "30 % of referees lie", lying: 0.3 },
];
