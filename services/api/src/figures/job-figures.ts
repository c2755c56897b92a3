import { LRUCache } from "lru-cache";
import { inGroups } from "./group-min.js";
import { MeasureSketch, type Spread } from "./measure-sketch.js";
import type { MeasuredJob } from "./measured-job.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** How far the figures of now go back. */
const RECENT_MINUTES = 30;
/** How far the history goes back. */
const HOURS = 24;
/** So many models are remembered at most: those that a job was heard of last. */
const MODELS_MAX = 2_000;

/** What the jobs of a model were like; null: too few jobs or workers to tell. */
export interface JobSpreads {
  readonly waitMs: Spread | null;
  readonly firstTokenMs: Spread | null;
  readonly tokensPerSecond: Spread | null;
}

export interface HourOfJobs extends JobSpreads {
  readonly beganUnixMs: number;
}

/** A span of time. */
class Slice {
  readonly waitMs = new MeasureSketch();
  readonly firstTokenMs = new MeasureSketch();
  readonly tokensPerSecond = new MeasureSketch();
  /** Some of those that had the jobs: as many as matter. */
  readonly workerIds = new Set<string>();

  constructor(
    /** Number of the span, of all since 1970. */
    readonly number: number,
    private readonly groupMin: number,
  ) {}

  add({ workerId, waitMs, firstTokenMs, tokensPerSecond }: MeasuredJob): void {
    this.waitMs.add(waitMs);
    if (firstTokenMs !== undefined) this.firstTokenMs.add(firstTokenMs);
    if (tokensPerSecond !== undefined) this.tokensPerSecond.add(tokensPerSecond);
    this.#addWorker(workerId);
  }

  addAll(other: Slice): void {
    this.waitMs.addAll(other.waitMs);
    this.firstTokenMs.addAll(other.firstTokenMs);
    this.tokensPerSecond.addAll(other.tokensPerSecond);
    for (const workerId of other.workerIds) this.#addWorker(workerId);
  }

  told(): JobSpreads {
    const isGroup = this.workerIds.size >= this.groupMin;
    const told = (sketch: MeasureSketch): Spread | null => {
      const spread = isGroup && sketch.n >= this.groupMin ? sketch.spread() : undefined;
      return spread === undefined ? null : { ...spread, n: inGroups(spread.n, this.groupMin) };
    };
    return {
      waitMs: told(this.waitMs),
      firstTokenMs: told(this.firstTokenMs),
      tokensPerSecond: told(this.tokensPerSecond),
    };
  }

  #addWorker(workerId: string): void {
    if (this.workerIds.size < this.groupMin) this.workerIds.add(workerId);
  }
}

/** Slices of the same length, the oldest first; no more than were kept. */
class Slices {
  readonly #slices: Slice[] = [];

  constructor(
    private readonly lengthMs: number,
    private readonly kept: number,
    private readonly groupMin: number,
  ) {}

  add(job: MeasuredJob): void {
    const number = Math.floor(job.endedUnixMs / this.lengthMs);
    const newest = this.#slices.at(-1)?.number ?? number;
    if (number <= newest - this.kept) return;
    let at = this.#slices.length;
    while (at > 0 && (this.#slices[at - 1]?.number ?? 0) > number) at -= 1;
    let slice = this.#slices[at - 1];
    if (slice?.number !== number) {
      slice = new Slice(number, this.groupMin);
      this.#slices.splice(at, 0, slice);
    }
    slice.add(job);
    if (this.#slices.length > this.kept) this.#slices.shift();
  }

  /** Those of the last spans, the one that is running included. */
  since(nowUnixMs: number): readonly Slice[] {
    const oldest = Math.floor(nowUnixMs / this.lengthMs) - this.kept;
    return this.#slices.filter(({ number }) => number > oldest);
  }
}

/**
 * What the jobs that ended lately say of each model: how long they waited, when they began to answer, how fast. Told of
 * at least `groupMin` jobs by as many workers alone: fewer would be somebody's own.
 */
export class JobFigures {
  readonly #models = new LRUCache<string, { readonly minutes: Slices; readonly hours: Slices }>({
    max: MODELS_MAX,
  });

  constructor(private readonly groupMin: number) {}

  add(job: MeasuredJob): void {
    let model = this.#models.get(job.model);
    if (model === undefined) {
      model = {
        minutes: new Slices(MINUTE_MS, RECENT_MINUTES, this.groupMin),
        hours: new Slices(HOUR_MS, HOURS, this.groupMin),
      };
      this.#models.set(job.model, model);
    }
    model.minutes.add(job);
    model.hours.add(job);
  }

  /** Of the last {@link RECENT_MINUTES} minutes. */
  recent(model: string, nowUnixMs: number): JobSpreads {
    const all = new Slice(0, this.groupMin);
    for (const minute of this.#models.peek(model)?.minutes.since(nowUnixMs) ?? []) all.addAll(minute);
    return all.told();
  }

  /** Of the last {@link HOURS} hours, those that something can be told of; the oldest first. */
  hours(model: string, nowUnixMs: number): HourOfJobs[] {
    return (this.#models.peek(model)?.hours.since(nowUnixMs) ?? [])
      .map((hour) => ({ beganUnixMs: hour.number * HOUR_MS, ...hour.told() }))
      .filter(({ waitMs }) => waitMs !== null);
  }
}
