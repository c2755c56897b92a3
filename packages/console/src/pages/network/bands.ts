import type { LiveCounts, LiveFrame } from "../../data/live-frame.js";

/** More bands than these are too thin to tell apart; the rest is drawn as one. */
const BANDS_MAX = 8;

/** One second of a band, in threads. What is left of `slots` is free. */
export interface Column {
  readonly slots: number;
  readonly busy: number;
  readonly draining: number;
}

/** A model in the weave. Its threads are slots in order of load, never one worker each. */
export interface Band {
  readonly key: string;
  readonly name: string;
  /** The most slots that it had in the frames: its height. */
  readonly threads: number;
  readonly last: LiveCounts | null;
  /** Of a frame; `null`: the frame tells nothing of it. */
  columnOf(frame: LiveFrame): Column | null;
}

/** The bands of some frames, the largest first; what is told of no model by its name comes last. */
export function bandsOf(frames: readonly LiveFrame[]): readonly Band[] {
  const sizes = new Map<string, number>();
  for (const { models } of frames)
    for (const { name, slots } of models) sizes.set(name, Math.max(slots, sizes.get(name) ?? 0));
  const names = [...sizes].sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1)).map(([name]) => name);
  const alone = names.length > BANDS_MAX ? names.slice(0, BANDS_MAX - 1) : names;
  const bands = alone.map((name) =>
    bandOf(
      `model ${name}`,
      name,
      frames,
      ({ models }) => models.find((model) => model.name === name) ?? null,
    ),
  );
  const isAlone = new Set(alone);
  const rest = bandOf("other", restName(names.length - alone.length), frames, ({ models, other }) =>
    summed([...models.filter(({ name }) => !isAlone.has(name)), ...(other === null ? [] : [other])]),
  );
  return [...bands, rest].filter(({ threads }) => threads > 0);
}

function restName(together: number): string {
  return together === 0 ? "other models" : `${together} more models, and others`;
}

function bandOf(
  key: string,
  name: string,
  frames: readonly LiveFrame[],
  countsOf: (frame: LiveFrame) => LiveCounts | null,
): Band {
  const last = frames.at(-1);
  return {
    key,
    name,
    threads: Math.max(0, ...frames.map((frame) => countsOf(frame)?.slots ?? 0)),
    last: last === undefined ? null : countsOf(last),
    columnOf(frame) {
      const counts = countsOf(frame);
      return counts === null ? null : columnOfCounts(counts);
    },
  };
}

/** Jobs that drain are not among those that are busy. */
function columnOfCounts({ slots, busy, draining }: LiveCounts): Column {
  const drained = Math.min(draining, slots);
  return { slots, draining: drained, busy: Math.min(busy, slots - drained) };
}

function summed(all: readonly LiveCounts[]): LiveCounts | null {
  const [first, ...others] = all;
  if (first === undefined) return null;
  return others.reduce<LiveCounts>(
    (sum, each) => ({
      workers: sum.workers + each.workers,
      slots: sum.slots + each.slots,
      busy: sum.busy + each.busy,
      draining: sum.draining + each.draining,
      waiting: sum.waiting + each.waiting,
      tokens: sum.tokens + each.tokens,
      jobs: sum.jobs + each.jobs,
    }),
    first,
  );
}
