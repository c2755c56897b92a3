import { type Cell, missPpm } from "./calibration.js";
import { isGreedy, isMiss } from "./misses.js";
import { ln, power } from "./numerics.js";
import type { Reading } from "./reading.js";
import type { Sampling } from "./sampling.js";
import { surprisalBet } from "./surprisal.js";

/** `same`: as an honest worker's. `different`: hardly an honest one's. `undetermined`: neither can be said. */
export type CheckVerdict = "same" | "different" | "undetermined";

/** What the check of one job says of its worker. */
export interface JobEvidence {
  readonly verdict: CheckVerdict;
  readonly positions: number;
  readonly misses: number;
  /**
   * Logarithm of how much likelier a cheat has this answer than an honest worker, in millinats; undefined: that is not
   * known, because nobody has measured honest workers of that kind.
   */
  readonly logEMillinats: number | undefined;
}

/** How often a cheat is assumed to miss: one of these. Rarer ones need many jobs, more frequent ones few anyway. */
const CHEAT_RATES = [0.03, 0.06, 0.12, 0.25] as const;
/** One job counts for no more than a factor of 100: what its places have in common is not to decide alone. */
export const JOB_LOG_E_MAX = 4_606;
/** A job is called different from a factor of 20 on: two misses. */
const DIFFERENT_LOG_E = 2_995;

/**
 * The evidence of a job. Its places are read in any order. In expectation over an honest worker's answers, e to the
 * power of it is at most 1: so the product over jobs obeys Ville's inequality.
 */
export function jobEvidence(
  readings: readonly Reading[],
  sampling: Sampling,
  cell: Pick<Cell, "misses" | "positions" | "surprisalSlackMillinats"> | undefined,
): JobEvidence {
  const positions = readings.length;
  const misses = readings.filter((reading) => isMiss(reading, sampling)).length;
  if (cell === undefined || positions === 0)
    return { verdict: "undetermined", positions, misses, logEMillinats: undefined };
  const honest = missPpm(cell) / 1_000_000;
  const likelihood = ratio(misses, positions, honest);
  const bet = surprisalBet(readings, sampling, cell.surprisalSlackMillinats);
  // The mean of two e-values is one.
  const e = isGreedy(sampling) ? likelihood : (likelihood + bet) / 2;
  const logEMillinats = Math.min(JOB_LOG_E_MAX, Math.floor(ln(e) * 1_000));
  return { verdict: verdictOf(misses, logEMillinats), positions, misses, logEMillinats };
}

function verdictOf(misses: number, logEMillinats: number): CheckVerdict {
  if (misses === 0) return "same";
  return logEMillinats >= DIFFERENT_LOG_E ? "different" : "undetermined";
}

/** How much likelier so many misses are at the mean of {@link CHEAT_RATES} than at an honest rate. */
function ratio(misses: number, positions: number, honest: number): number {
  const terms = CHEAT_RATES.map((rate) => {
    // A cheat that misses less often than honest workers may is none.
    const cheat = Math.max(rate, honest);
    return power(cheat / honest, misses) * power((1 - cheat) / (1 - honest), positions - misses);
  });
  return terms.reduce((sum, term) => sum + term, 0) / terms.length;
}
