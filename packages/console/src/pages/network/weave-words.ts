import type { LiveFrame } from "../../data/live-frame.js";
import { counted, formatCount } from "../../format/count.js";
import { formatClock } from "../../format/time.js";

/** What the weave shows at its right edge. */
export function findingOf(frames: readonly LiveFrame[]): string {
  const last = frames.at(-1);
  if (last === undefined) return "No frame has come yet.";
  if (last.totals === null) return "There are too few workers to tell of any.";
  const { workers, slots, busy, draining } = last.totals;
  if (workers === 0) return "No worker takes jobs now.";
  const free = Math.max(0, slots - busy - draining);
  const [idlest] = [...last.models].sort((a, b) => freeOf(b) - freeOf(a));
  const slack =
    idlest === undefined || free === 0
      ? ""
      : ` The most slack is at ${idlest.name}: ${formatCount(freeOf(idlest))} free.`;
  return `${formatCount(busy)} of ${counted(slots, "slot")} busy at ${counted(workers, "worker")}.${slack}`;
}

function freeOf({ slots, busy, draining }: LiveFrame["models"][number]): number {
  return Math.max(0, slots - busy - draining);
}

/** A second in words, as the cursor announces it. */
export function readingOf(seq: number, frame: LiveFrame | undefined): string {
  const at = `${formatClock(seq * 1_000)} UTC`;
  if (frame === undefined) return `${at}: nothing was heard`;
  if (frame.totals === null) return `${at}: too few workers to tell`;
  const { slots, busy, draining, waiting, tokens, jobs } = frame.totals;
  const drains = draining === 0 ? "" : `, ${formatCount(draining)} draining`;
  return `${at}: ${formatCount(busy)} of ${counted(slots, "slot")} busy${drains}, ${formatCount(waiting)} waiting, ${counted(tokens, "token")}, ${counted(jobs, "job")} ended`;
}
