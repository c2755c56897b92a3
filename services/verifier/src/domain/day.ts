const DAY_MS = 86_400_000;

/** A UTC day as `YYYY-MM-DD`. */
export function dayOf(unixMs: number): string {
  return new Date(unixMs).toISOString().slice(0, 10);
}

/** The day that a job is drawn on: that of its end, but never one whose key may be told soon. */
export function drawDayOf(finishedUnixMs: number, nowUnixMs: number): string {
  return dayOf(Math.min(nowUnixMs, Math.max(nowUnixMs - DAY_MS, finishedUnixMs)));
}

/** From when on nothing can be drawn or checked any more by a day's key, so that it can be told. */
export function isOver(day: string, nowUnixMs: number): boolean {
  return Date.parse(`${day}T00:00:00Z`) + 3 * DAY_MS <= nowUnixMs;
}
