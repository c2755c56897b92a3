import type { CatalogueView, Clock, ModelAvailability } from "@flock/mesh";
import { hardwareClassName, WorkerState } from "@flock/proto/workers";
import type { EndedJobs } from "./ended-jobs.js";
import { inGroups, isTold } from "./group-min.js";
import type { HourOfJobs, JobFigures, JobSpreads } from "./job-figures.js";
import type { LiveFrame, LiveFrames, LiveRates } from "./live-frames.js";
import { type ClassCounts, toldClasses } from "./told-hardware.js";

/** A model of the network, and how it does. */
export interface ModelFigures extends JobSpreads {
  readonly offered: ModelAvailability;
  /** Live workers that have it, and those of them that have it in memory; null: they are too few to tell. */
  readonly workers: { readonly all: number; readonly warm: number } | null;
  /** Jobs that those run at once that take jobs, and those of them that are this model's; null: likewise. */
  readonly slots: { readonly all: number; readonly busy: number } | null;
  /** Null: not known at the moment. */
  readonly waiting: number | null;
}

export interface ModelList {
  readonly models: readonly ModelFigures[];
  readonly asOfUnixMs: number;
  readonly groupMin: number;
  /** Jobs that ended before are in no figure; undefined: the figures are not there yet. */
  readonly measuredSinceUnixMs: number | undefined;
}

export interface ModelDetail {
  readonly model: ModelFigures;
  /** Null: its workers are too few to tell. */
  readonly hardware: readonly { readonly class: string; readonly workers: number }[] | null;
  readonly hours: readonly HourOfJobs[];
}

export interface LiveFigures extends LiveRates {
  readonly frame: LiveFrame;
  readonly rejectedWhileIdle: number;
}

export interface NetworkFiguresOptions {
  readonly catalogue: Pick<CatalogueView, "offered" | "liveWorkers">;
  readonly frames: Pick<LiveFrames, "last" | "loadOf" | "rates" | "rejectedWhileIdle">;
  readonly jobs: Pick<JobFigures, "recent" | "hours">;
  readonly ended: Pick<EndedJobs, "sinceUnixMs">;
  readonly groupMin: number;
  readonly clock: Clock;
}

/** For so long a list is given to all that ask. */
const LIST_LIFE_MS = 2_000;
/** What was heard of models is not told for longer. */
const LOAD_LIFE_MS = 10_000;

/** The facts of the network that anybody may know, whoever asks and however. */
export class NetworkFigures {
  readonly #options: NetworkFiguresOptions;
  #list: ModelList | undefined;
  #listedMs = Number.NEGATIVE_INFINITY;

  constructor(options: NetworkFiguresOptions) {
    this.#options = options;
  }

  get groupMin(): number {
    return this.#options.groupMin;
  }

  /** The models of live workers; the same object for some seconds. */
  models(): ModelList {
    const { catalogue, ended, groupMin, clock } = this.#options;
    const nowMs = clock.nowMs();
    if (this.#list === undefined || nowMs - this.#listedMs >= LIST_LIFE_MS) {
      const unixMs = clock.unixMs();
      this.#list = {
        models: catalogue.offered(unixMs).map((offered) => this.#figuresOf(offered, unixMs)),
        asOfUnixMs: unixMs,
        groupMin,
        measuredSinceUnixMs: ended.sinceUnixMs,
      };
      this.#listedMs = nowMs;
    }
    return this.#list;
  }

  /** A model of live workers by its catalogue name; undefined: there is no such. */
  model(name: string): ModelDetail | undefined {
    const { jobs, clock } = this.#options;
    const model = this.models().models.find(({ offered }) => offered.entry.name === name);
    if (model === undefined) return undefined;
    return { model, hardware: this.#hardwareOf(name), hours: jobs.hours(name, clock.unixMs()) };
  }

  /** What the network does now; undefined: not known yet. */
  live(): LiveFigures | undefined {
    const { frames } = this.#options;
    const { last: frame, rejectedWhileIdle } = frames;
    return frame && { frame, rejectedWhileIdle, ...frames.rates() };
  }

  #figuresOf(offered: ModelAvailability, unixMs: number): ModelFigures {
    const { frames, jobs, groupMin } = this.#options;
    const { entry, workers, ready, slots, loaded } = offered;
    const isKnown = frames.last !== undefined && unixMs - frames.last.atUnixMs < LOAD_LIFE_MS;
    const load = isKnown ? frames.loadOf(entry.name) : undefined;
    const running = [...(load?.running.values() ?? [])].reduce((sum, jobs) => sum + jobs, 0);
    const areTold = isTold(ready, groupMin);
    return {
      offered,
      workers: workers >= groupMin ? { all: workers, warm: loaded } : null,
      slots: areTold && isKnown ? { all: slots, busy: inGroups(running, groupMin) } : null,
      waiting: isKnown ? inGroups(load?.waiting ?? 0, groupMin) : null,
      ...jobs.recent(entry.name, unixMs),
    };
  }

  #hardwareOf(model: string): ModelDetail["hardware"] {
    const { catalogue, groupMin, clock } = this.#options;
    const workers = catalogue
      .liveWorkers(clock.unixMs())
      .filter(
        ({ models, state }) => state === WorkerState.READY && models.some(({ name }) => name === model),
      );
    if (workers.length < groupMin) return null;
    const classes = new Map<string, ClassCounts>();
    for (const { hardware } of workers) {
      const name = hardwareClassName(hardware);
      classes.set(name, { workers: (classes.get(name)?.workers ?? 0) + 1, slots: 0, busy: 0 });
    }
    return toldClasses(classes, groupMin).map((told) => ({ class: told.class, workers: told.workers }));
  }
}
