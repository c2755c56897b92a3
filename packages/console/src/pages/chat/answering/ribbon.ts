/**
 * The token ribbon: how many pieces of text came in each tenth of a second since the question was sent. Waiting, the
 * first token and a worker that was lost can be seen in it as gaps.
 */

export const TICK_MS = 100;
/** Ten minutes, the deadline of a job. */
const TICKS_MAX = 6_000;
/** So many ticks are drawn at most; in a longer answer each stands for several tenths. */
const DRAWN_MAX = 240;

/** The ribbon with a piece that came `afterMs` after the question. */
export function withPiece(ribbon: readonly number[], afterMs: number): readonly number[] {
  const tick = Math.min(Math.max(0, Math.floor(afterMs / TICK_MS)), TICKS_MAX - 1);
  const next = [...ribbon];
  while (next.length <= tick) next.push(0);
  next[tick] = (next[tick] ?? 0) + 1;
  return next;
}

/** As few ticks as can be drawn, and the time that each stands for. */
export function drawnTicks(ribbon: readonly number[]): {
  readonly ticks: readonly number[];
  readonly tickMs: number;
} {
  const together = Math.max(1, Math.ceil(ribbon.length / DRAWN_MAX));
  const ticks: number[] = [];
  for (let at = 0; at < ribbon.length; at += together) {
    ticks.push(ribbon.slice(at, at + together).reduce((sum, count) => sum + count, 0));
  }
  return { ticks, tickMs: TICK_MS * together };
}

/** The longest time without a piece between the first and the last one. */
export function longestGapMs(ribbon: readonly number[]): number {
  let longest = 0;
  let gap = 0;
  for (const count of ribbon.slice(ribbon.findIndex((each) => each > 0))) {
    gap = count > 0 ? 0 : gap + 1;
    longest = Math.max(longest, gap);
  }
  return longest * TICK_MS;
}
