import { exp, ln } from "./numerics.js";

/** What makes honest machines alike: they compute the same numbers, but for noise that was measured. */
export interface CellKey {
  readonly modelDigest: string;
  /** Without the patch version, such as `ollama/0.33`; empty: unknown. */
  readonly engine: string;
  /** Name of a hardware class in lower case. */
  readonly hardware: string;
  /** How the engine drafts tokens; `none`: it does not. */
  readonly speculation: string;
}

/** What honest workers of one kind were seen to do. */
export interface Cell extends CellKey {
  readonly positions: number;
  readonly misses: number;
  /** What is added to the surprisal that is expected of an honest worker, in millinats. */
  readonly surprisalSlackMillinats: number;
  readonly measuredUnixMs: number;
  /** An upgrade is under way until then: nothing is decided by the cell. 0: it is in force. */
  readonly frozenUntilUnixMs: number;
}

/** The least rate of misses that is ever assumed of honest workers: 1 %. */
const MISS_PPM_MIN = 10_000;
/** A cell of fewer positions says too little. */
const CELL_POSITIONS_MIN = 300;
/** A cell in which honest workers miss more often than that cannot tell anybody apart. */
const MISS_PPM_MAX = 100_000;

const CONFIDENCE = 0.99;
const PPM = 1_000_000;

/** The cell of a worker: by its own word, but a lie puts it where others' noise is expected of it. */
export function cellKeyOf(worker: Omit<CellKey, "speculation">): CellKey {
  return { ...worker, engine: withoutPatch(worker.engine), speculation: "none" };
}

/** The rate of misses that honest workers of the cell stay below, in millionths; at least {@link MISS_PPM_MIN}. */
export function missPpm({ misses, positions }: Pick<Cell, "misses" | "positions">): number {
  return Math.max(MISS_PPM_MIN, Math.ceil(upperBound(misses, positions, CONFIDENCE) * PPM));
}

/** Whether something may be decided by what a cell says, at a moment. */
export function isInForce(cell: Cell, unixMs: number): boolean {
  return (
    cell.positions >= CELL_POSITIONS_MIN && missPpm(cell) <= MISS_PPM_MAX && cell.frozenUntilUnixMs <= unixMs
  );
}

/**
 * The upper bound of Clopper and Pearson: the rate at which so few misses or fewer have a probability of
 * 1 − confidence.
 */
export function upperBound(misses: number, positions: number, confidence: number): number {
  if (positions === 0 || misses >= positions) return 1;
  let low = misses / positions;
  let high = 1;
  for (let round = 0; round < 60; round++) {
    const middle = (low + high) / 2;
    if (probabilityOfAtMost(misses, positions, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Of a binomial distribution. */
function probabilityOfAtMost(misses: number, positions: number, rate: number): number {
  let logTerm = positions * ln(1 - rate);
  let sum = exp(logTerm);
  for (let count = 1; count <= misses; count++) {
    logTerm += ln((positions - count + 1) / count) + ln(rate) - ln(1 - rate);
    sum += exp(logTerm);
  }
  return Math.min(1, sum);
}

function withoutPatch(engine: string): string {
  const match = /^([^/]+\/[0-9]+\.[0-9]+)/.exec(engine);
  return match?.[1] ?? engine;
}
