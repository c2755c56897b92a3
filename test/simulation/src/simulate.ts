import { Random } from "./random.js";
import { type Life, live } from "./worker-life.js";
import { CHEATS, HONEST, type Nature, REFEREES, type Referees } from "./worlds.js";

export interface Scale {
  readonly seed: number;
  readonly honestWorkers: number;
  readonly honestJobs: number;
  readonly cheats: number;
  readonly cheatJobs: number;
}

export const WHOLE: Scale = {
  seed: 20_261_201,
  honestWorkers: 3_000,
  honestJobs: 2_000,
  cheats: 1_000,
  cheatJobs: 1_500,
};

export interface HonestRow {
  readonly nature: string;
  readonly referees: string;
  readonly watched: number;
  readonly quarantined: number;
  readonly convicted: number;
}

/** Checked jobs; undefined: fewer than that part of the cheats got there. */
interface Quantiles {
  readonly median: number | undefined;
  readonly p95: number | undefined;
}

export interface CheatRow {
  readonly nature: string;
  readonly referees: string;
  readonly toQuarantine: Quantiles;
  readonly toConviction: Quantiles;
  /** The part that was convicted within the simulated jobs. */
  readonly convicted: number;
  /** Part of the cheats that are in quarantine after so many checked jobs, from 0 on. */
  readonly curve: readonly number[];
}

export interface Outcome {
  readonly scale: Scale;
  readonly honest: readonly HonestRow[];
  readonly cheats: readonly CheatRow[];
}

/** How far the curves go. */
const CURVE_JOBS = 60;

/** Lives all lives of all worlds. The same scale gives the same outcome. */
export function simulate(scale: Scale): Outcome {
  const honest = REFEREES.flatMap((referees) =>
    HONEST.map((nature) => {
      const lives = livesOf(nature, referees, {
        ...scale,
        workers: scale.honestWorkers,
        jobs: scale.honestJobs,
      });
      const count = (at: (life: Life) => number | undefined): number =>
        lives.filter((life) => at(life) !== undefined).length;
      return {
        nature: nature.name,
        referees: referees.name,
        watched: count(({ watchedAt }) => watchedAt),
        quarantined: count(({ quarantinedAt }) => quarantinedAt),
        convicted: count(({ convictedAt }) => convictedAt),
      };
    }),
  );
  const cheats = REFEREES.flatMap((referees) =>
    CHEATS.map((nature) => {
      const lives = livesOf(nature, referees, {
        ...scale,
        workers: scale.cheats,
        jobs: scale.cheatJobs,
        isCheat: true,
      });
      return cheatRow(nature, referees, lives);
    }),
  );
  return { scale, honest, cheats };
}

interface Lives {
  readonly seed: number;
  readonly workers: number;
  readonly jobs: number;
  readonly isCheat?: boolean;
}

function livesOf(
  nature: Nature,
  referees: Referees,
  { seed, workers, jobs, isCheat = false }: Lives,
): Life[] {
  const random = new Random(seed);
  return Array.from({ length: workers }, () => live(nature, referees, jobs, random, isCheat));
}

function cheatRow(nature: Nature, referees: Referees, lives: readonly Life[]): CheatRow {
  const quarantined = lives.map(({ quarantinedAt = Number.POSITIVE_INFINITY }) => quarantinedAt);
  const convicted = lives.map(({ convictedAt = Number.POSITIVE_INFINITY }) => convictedAt);
  return {
    nature: nature.name,
    referees: referees.name,
    toQuarantine: quantilesOf(quarantined),
    toConviction: quantilesOf(convicted),
    convicted: convicted.filter(Number.isFinite).length / lives.length,
    curve: Array.from(
      { length: CURVE_JOBS + 1 },
      (_, jobs) => quarantined.filter((at) => at <= jobs).length / lives.length,
    ),
  };
}

function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number | undefined => {
    const value = sorted[Math.ceil(part * sorted.length) - 1];
    return value === undefined || !Number.isFinite(value) ? undefined : value;
  };
  return { median: at(0.5), p95: at(0.95) };
}
