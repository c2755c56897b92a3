import { PROTOCOL_VERSION } from "@flock/proto";
import { Offence, type OffenceCount, type OffenceRecord } from "@flock/proto/workers";

/** Numbers of the cutting off; all durations in milliseconds. */
export interface OffenceLimits {
  /** Offences within the window that cut a worker off. */
  readonly offencesMax: number;
  readonly windowMs: number;
  /** How long the first time; four times as long each time after. */
  readonly cutOffMinMs: number;
  readonly cutOffMaxMs: number;
}

const GROWTH = 4;
/** A number that fits every field, however long somebody goes on. */
const COUNT_MAX = 2 ** 31;

/** How often a worker was caught at what, since its record was written last. */
export type Caught = ReadonlyMap<Offence, number>;

/** An offence's name as logs, metrics and commands show it. */
export function offenceName(offence: Offence): string {
  return (Offence[offence] ?? "unknown").toLowerCase();
}

/** Whether it is one of those that this build counts. */
export function isOffence(offence: Offence): boolean {
  return offence > Offence.UNSPECIFIED && Offence[offence] !== undefined;
}

/**
 * The record with what a worker was caught at now. Whoever collects too many within the window is cut off, and begins
 * to collect anew. What it does while it is cut off lengthens nothing: it may have been on its way.
 */
export function withOffences(
  record: OffenceRecord | undefined,
  caught: Caught,
  nowUnixMs: number,
  limits: OffenceLimits,
): OffenceRecord {
  const before = record ?? emptyRecord();
  const counts = new Map(before.counts.map((count) => [count.offence, count]));
  let added = 0;
  for (const [offence, count] of caught) {
    added += count;
    counts.set(offence, counted(counts.get(offence), { offence, count, nowUnixMs }));
  }
  const after = { ...before, counts: [...counts.values()] };
  if (before.cutOffUntilUnixMs > nowUnixMs) return after;
  // A clock that was ahead once must not keep the window open until it is that late.
  const isInWindow = before.recent > 0 && Math.abs(nowUnixMs - before.recentSinceUnixMs) <= limits.windowMs;
  const recent = (isInWindow ? before.recent : 0) + added;
  if (recent < limits.offencesMax)
    return { ...after, recent, recentSinceUnixMs: isInWindow ? before.recentSinceUnixMs : nowUnixMs };
  const lengthMs = limits.cutOffMinMs * GROWTH ** Math.min(before.timesCutOff, 20);
  return {
    ...after,
    recent: 0,
    recentSinceUnixMs: 0,
    cutOffUntilUnixMs: nowUnixMs + Math.min(lengthMs, limits.cutOffMaxMs),
    timesCutOff: before.timesCutOff + 1,
  };
}

/** When the worker was caught last. */
export function lastOffenceUnixMs({ counts }: OffenceRecord): number {
  return Math.max(0, ...counts.map(({ lastUnixMs }) => lastUnixMs));
}

function counted(
  known: OffenceCount | undefined,
  { offence, count, nowUnixMs }: { offence: Offence; count: number; nowUnixMs: number },
): OffenceCount {
  return {
    offence,
    count: Math.min((known?.count ?? 0) + count, COUNT_MAX),
    firstUnixMs: known?.firstUnixMs ?? nowUnixMs,
    lastUnixMs: nowUnixMs,
  };
}

function emptyRecord(): OffenceRecord {
  return {
    version: PROTOCOL_VERSION,
    counts: [],
    recent: 0,
    recentSinceUnixMs: 0,
    cutOffUntilUnixMs: 0,
    timesCutOff: 0,
  };
}
