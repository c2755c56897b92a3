import type { CatalogueView, Clock, Part } from "@flock/mesh";
import type { ApiMetrics } from "../metrics.js";
import { censusOf } from "./census.js";
import type { HeardLoad, HeardLoads } from "./heard-loads.js";
import { nextSecond } from "./next-second.js";
import { type HeldJobs, type ToldNetwork, toldNetwork } from "./told-network.js";

/** What the network told of a second. */
export interface LiveFrame extends ToldNetwork {
  readonly atUnixMs: number;
  /** Unix seconds; each frame has more than the one before. */
  readonly seq: number;
}

/** Whoever follows the frames: each is the same object for all of them. */
export type FrameListener = (frame: LiveFrame) => void;

export interface LiveFramesOptions {
  readonly catalogue: Pick<CatalogueView, "liveWorkers" | "notReady">;
  readonly loads: Pick<HeardLoads, "isHearing" | "rejectedWhileIdle" | "take">;
  readonly groupMin: number;
  readonly clock: Clock;
  readonly metrics: Pick<ApiMetrics, "liveFrame">;
}

/** Frames that whoever comes later is given. */
export const FRAMES_KEPT = 60;
/** After what apis tell of a second is here. */
const AFTER_MS = 500;
const SECOND_MS = 1_000;
const TOKENS_WINDOW_S = 10;
const JOBS_WINDOW_S = 60;

/** What can be read off the last frames. */
export interface LiveRates {
  /** Means over some seconds. */
  readonly tokensPerSecond: number;
  readonly jobsPerMinute: number;
}

/**
 * What the network does, once a second. While nothing is heard of any router there are no frames: an old one must not
 * look like news.
 */
export class LiveFrames implements Part {
  readonly name = "live frames";
  readonly #options: LiveFramesOptions;
  readonly #frames: LiveFrame[] = [];
  readonly #listeners = new Set<FrameListener>();
  readonly #held: HeldJobs = new Map();
  #loads: ReadonlyMap<string, HeardLoad> = new Map();
  #rejectedWhileIdle = 0;

  constructor(options: LiveFramesOptions) {
    this.#options = options;
  }

  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await nextSecond(this.#options.clock, AFTER_MS, stop);
      if (!stop.aborted) this.#next();
    }
  }

  /** The last frame; undefined: there was none yet. */
  get last(): LiveFrame | undefined {
    return this.#frames.at(-1);
  }

  /** What was heard of a model for the last frame. Not for everybody: whoever tells it heeds the smallest group. */
  loadOf(model: string): HeardLoad | undefined {
    return this.#loads.get(model);
  }

  get rejectedWhileIdle(): number {
    return this.#rejectedWhileIdle;
  }

  /** The last frames, the oldest first. */
  kept(): readonly LiveFrame[] {
    return this.#frames;
  }

  /** Hears of each frame from now on, until the function that it returns is called. */
  listen(listener: FrameListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  rates(): LiveRates {
    const lastSeq = this.last?.seq ?? 0;
    const within = (seconds: number) => this.#frames.filter(({ seq }) => seq > lastSeq - seconds);
    const tokens = within(TOKENS_WINDOW_S).reduce((sum, { totals }) => sum + (totals?.tokens ?? 0), 0);
    const jobs = within(JOBS_WINDOW_S).reduce((sum, { totals }) => sum + (totals?.jobs ?? 0), 0);
    const seconds = Math.max(1, Math.min(TOKENS_WINDOW_S, within(TOKENS_WINDOW_S).length));
    return { tokensPerSecond: Math.round((tokens / seconds) * 10) / 10, jobsPerMinute: jobs };
  }

  #next(): void {
    const { catalogue, loads, groupMin, clock, metrics } = this.#options;
    const heard = loads.take();
    if (!loads.isHearing || catalogue.notReady() !== undefined) return;
    const unixMs = clock.unixMs();
    this.#loads = heard;
    this.#rejectedWhileIdle = loads.rejectedWhileIdle;
    const told = toldNetwork(censusOf(catalogue.liveWorkers(unixMs), this.#loads), groupMin, this.#held);
    // A clock that is put back must not repeat a number.
    const seq = Math.max(Math.floor(unixMs / SECOND_MS), (this.last?.seq ?? 0) + 1);
    const frame = { ...told, atUnixMs: unixMs, seq };
    this.#frames.push(frame);
    if (this.#frames.length > FRAMES_KEPT) this.#frames.shift();
    metrics.liveFrame();
    for (const listener of this.#listeners) listener(frame);
  }
}
