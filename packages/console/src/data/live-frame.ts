/** What happened in one second, counted; see `GET /flock/v1/live`. */
export interface LiveCounts {
  readonly workers: number;
  readonly slots: number;
  readonly busy: number;
  readonly draining: number;
  readonly waiting: number;
  readonly tokens: number;
  readonly jobs: number;
}

export interface LiveFrame {
  readonly at: string;
  /** Seconds since 1970. */
  readonly seq: number;
  /** `null`: there are fewer workers than are told of. */
  readonly totals: LiveCounts | null;
  readonly models: readonly (LiveCounts & { readonly name: string })[];
  /** Models of fewer workers than the group minimum, together. */
  readonly other: LiveCounts | null;
}

export const FRAMES_KEPT = 60;

/** `null` for what is no frame. */
export function parseFrame(data: string): LiveFrame | null {
  try {
    const value: unknown = JSON.parse(data);
    return isFrame(value) ? value : null;
  } catch {
    // Cut off, or not ours: the next second brings another.
    return null;
  }
}

/** The last frames with a new one among them, oldest first; a repeated one changes nothing. */
export function withFrame(frames: readonly LiveFrame[], frame: LiveFrame): readonly LiveFrame[] {
  const last = frames.at(-1);
  if (last === undefined || frame.seq > last.seq) return [...frames, frame].slice(-FRAMES_KEPT);
  if (frames.some(({ seq }) => seq === frame.seq)) return frames;
  return [...frames, frame].sort((a, b) => a.seq - b.seq).slice(-FRAMES_KEPT);
}

/** The part of `GET /flock/v1/network` that stands in for frames where no stream comes. */
export interface LiveFigures {
  readonly as_of: string;
  /** `null`, as the next four: there are fewer workers than are told of. */
  readonly workers: number | null;
  readonly slots: { readonly all: number; readonly busy: number } | null;
  readonly waiting: number | null;
  readonly tokens_per_second: number | null;
  readonly jobs_per_minute: number | null;
}

/** Totals alone: the network's figures do not tell models apart. */
export function frameOfFigures(live: LiveFigures): LiveFrame {
  return {
    at: live.as_of,
    seq: Math.floor(Date.parse(live.as_of) / 1_000),
    totals: totalsOfFigures(live),
    models: [],
    other: null,
  };
}

function totalsOfFigures(live: LiveFigures): LiveCounts | null {
  const { workers, slots, waiting, tokens_per_second: tokens, jobs_per_minute: jobs } = live;
  if (workers === null || slots === null || waiting === null || tokens === null || jobs === null) return null;
  return { workers, slots: slots.all, busy: slots.busy, draining: 0, waiting, tokens, jobs: jobs / 60 };
}

function isFrame(value: unknown): value is LiveFrame {
  if (typeof value !== "object" || value === null) return false;
  const { at, seq, totals, models, other } = value as Record<string, unknown>;
  return (
    typeof at === "string" &&
    typeof seq === "number" &&
    (totals === null || isCounts(totals)) &&
    Array.isArray(models) &&
    models.every((model) => isCounts(model) && "name" in model && typeof model.name === "string") &&
    (other === null || isCounts(other))
  );
}

function isCounts(value: unknown): value is LiveCounts {
  if (typeof value !== "object" || value === null) return false;
  const counts = value as Record<string, unknown>;
  return ["workers", "slots", "busy", "draining", "waiting", "tokens", "jobs"].every(
    (name) => typeof counts[name] === "number",
  );
}
