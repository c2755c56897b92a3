import { CATALOGUE, HONEST } from "./catalogue.js";
import type { Cheat } from "./cheat.js";
import { CheatingOllama } from "./cheating-ollama.js";
import { type CheckedJobs, checkedJobs, type MeasuredCell } from "./checked-jobs.js";
import { type Lives, lives } from "./lives.js";
import type { RealEngines } from "./real-engines.js";

export interface Scale {
  /** Jobs of each cheat that are really answered and read. */
  readonly jobs: number;
  readonly lives: number;
  /** Checked jobs of a life at most. */
  readonly jobsMax: number;
  readonly seed: number;
}

export interface Row {
  readonly name: string;
  readonly about: string;
  readonly jobsMax: number | undefined;
  readonly otherwise: string | undefined;
  readonly checked: CheckedJobs;
  readonly lives: Lives;
}

/** What honest workers with the bundled model show: `flock calibrate`, see docs/verification.md. */
export const FLOCK_TINY_CELL: MeasuredCell = { positions: 991, misses: 1, surprisalSlackMillinats: 88 };

/** The checks of one cheat, by a real engine that reads what the cheat's engines wrote. */
export async function measured(
  cheat: Cheat,
  engines: RealEngines,
  { jobs, seed }: Scale,
): Promise<CheckedJobs> {
  const ollama = new CheatingOllama({ cheat, ...engines.urls, seed });
  const workerUrl = await ollama.start();
  try {
    const { refereeUrl } = engines;
    return await checkedJobs({ workerUrl, refereeUrl, cell: FLOCK_TINY_CELL, jobs, seed });
  } finally {
    await ollama.stop();
  }
}

/** The whole catalogue, the honest worker first. */
export async function measureAll(
  engines: RealEngines,
  scale: Scale,
  tell: (row: Row) => void,
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const { cheat, jobsMax, otherwise } of [{ cheat: HONEST }, ...CATALOGUE].map(asEntry)) {
    const checked = await measured(cheat, engines, scale);
    const lived = lives(checked.evidence, { count: scale.lives, jobsMax: scale.jobsMax, seed: scale.seed });
    const row = { name: cheat.name, about: cheat.about, jobsMax, otherwise, checked, lives: lived };
    tell(row);
    rows.push(row);
  }
  return rows;
}

function asEntry(entry: { readonly cheat: Cheat; readonly jobsMax?: number; readonly otherwise?: string }): {
  readonly cheat: Cheat;
  readonly jobsMax: number | undefined;
  readonly otherwise: string | undefined;
} {
  return { cheat: entry.cheat, jobsMax: entry.jobsMax, otherwise: entry.otherwise };
}
