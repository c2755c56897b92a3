const FIRST_MS = 100;
const MOST_MS = 15_000;

/** How long to wait before the next start: 100 ms after the first failure, twice as long after each, at most 15 s. */
export function backoffMs(failures: number): number {
  return Math.min(MOST_MS, FIRST_MS * 2 ** Math.max(0, failures - 1));
}
