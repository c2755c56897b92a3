const DAY_MS = 86_400_000;

/** UTC days such as 2026-11-22, both included. */
export interface Days {
  readonly from: string;
  readonly to: string;
}

/** The day that a moment is in. */
export function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

/** So many days, of which the last one is that of a moment. */
export function lastDays(count: number, unixMs: number): Days {
  return { from: dayOf(unixMs - (count - 1) * DAY_MS), to: dayOf(unixMs) };
}

/** How many days that are; less than 1 if the first is behind the last. */
export function countDays({ from, to }: Days): number {
  return (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
}
