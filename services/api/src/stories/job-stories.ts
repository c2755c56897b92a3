import { FlockError } from "@flock/errors";
import { delay, type Part } from "@flock/mesh";
import type { Logger } from "@flock/observability";
import type { JobStore } from "../store/job-store.js";
import type { WorkerAliases } from "../workers/worker-alias.js";
import type { JobRecord } from "./job-record.js";
import { JobStory, type StoryHead } from "./job-story.js";

/** What has come within this time is written together: a statement costs more than the rows in it. */
const GATHER_MS = 200;
const BATCH_MAX = 1_000;
/** A job that runs for so long is written as running. Most have ended by then, and are written once. */
const WRITTEN_RUNNING_AFTER_MS = 1_000;
/** Stories that wait for the database at most: some ten megabytes. */
const WAITING_MAX = 20_000;
const DAY_MS = 86_400_000;
/** No job lasts for as long as this beyond its beginning. */
const LONGEST_MS = 2 * 3_600_000;
const SWEEP_INTERVAL_MS = 10_000;
const SWEPT_MAX = 10_000;
const LOGGED_FAILURES = 60;

export interface JobStoriesOptions {
  readonly store: Pick<JobStore, "write" | "find" | "list" | "sweep">;
  readonly aliases: WorkerAliases;
  readonly logger: Logger;
  readonly metrics: { jobStories(result: "written" | "dropped", count: number): void };
  /** Says what is a day ago. */
  readonly clock: { unixMs(): number };
}

/** Where a page of a list begins: behind this job. */
export interface JobCursor {
  readonly createdUnixMs: number;
  readonly id: string;
}

/**
 * The stories of this process' jobs, and of everybody's that have ended within a day. No request waits for one to be
 * written: what has ended is written together, behind the requests. While the database is away stories wait, as long as
 * there is room; then the new ones are given up.
 */
export class JobStories implements Part {
  readonly name = "job stories";
  readonly #options: JobStoriesOptions;
  /** Of this process' jobs, until the last word on them is written. */
  readonly #own = new Map<string, JobStory>();
  /** Of those, the ones that run and are not to be written yet; in the order in which they began. */
  readonly #young = new Set<JobStory>();
  /** The ones that are to be written. */
  readonly #due = new Set<JobStory>();
  #failures = 0;
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(options: JobStoriesOptions) {
    this.#options = options;
  }

  begin(head: StoryHead): JobStory {
    const story = new JobStory(head, this.#options.aliases);
    this.#own.set(story.jobId, story);
    this.#young.add(story);
    return story;
  }

  /** Nothing about that job changes any more. */
  closed(story: JobStory): void {
    this.#young.delete(story);
    if (this.#due.has(story)) return;
    if (this.#due.size < WAITING_MAX) this.#due.add(story);
    else this.#giveUp([story]);
  }

  /** A job of the account that runs, or has ended within a day; undefined: there is none. */
  async find(accountId: string, jobId: string): Promise<JobRecord | undefined> {
    const own = this.#own.get(jobId);
    if (own !== undefined) return own.accountId === accountId ? own.record() : undefined;
    return this.#options.store.find(accountId, jobId, this.#aDayAgo());
  }

  /** How many jobs may still change. */
  get open(): number {
    return [...this.#own.values()].filter(({ isClosed }) => !isClosed).length;
  }

  /** The account's jobs that are written, newest first. */
  list(accountId: string, limit: number, behind: JobCursor | undefined): Promise<JobRecord[]> {
    return this.#options.store.list(accountId, { since: this.#aDayAgo(), limit, behind });
  }

  /** Stops behind whoever has jobs done: what they leave is written then. */
  async start(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await delay(GATHER_MS, stop);
      await this.#try(() => this.#write());
      await this.#try(() => this.#sweep());
    }
    await this.#try(() => this.#write());
    // No job runs any more: a story that nobody closes is a fault of ours, and stays in memory.
    const { open } = this;
    if (open > 0) this.#options.logger.error({ open }, "stories of jobs were left open");
  }

  async #write(): Promise<void> {
    const nowMs = performance.now();
    for (const story of this.#young) {
      if (nowMs - story.startedMs < WRITTEN_RUNNING_AFTER_MS || this.#due.size >= WAITING_MAX) break;
      this.#young.delete(story);
      this.#due.add(story);
    }
    while (this.#due.size > 0) {
      const batch = [...this.#due].slice(0, BATCH_MAX);
      // Those that change meanwhile are due again.
      for (const story of batch) this.#due.delete(story);
      await this.#writeBatch(batch);
    }
  }

  async #writeBatch(batch: readonly JobStory[]): Promise<void> {
    const records = batch.map((story) => story.record());
    try {
      await this.#options.store.write(records);
    } catch (thrown) {
      const error = FlockError.from(thrown);
      // What the database does not take now, it never will, unless it is away.
      if (error.code === "unavailable") for (const story of batch) this.#due.add(story);
      else this.#giveUp(batch);
      throw error;
    }
    this.#options.metrics.jobStories("written", batch.length);
    for (const [index, story] of batch.entries())
      if (records[index]?.state !== "running") this.#own.delete(story.jobId);
  }

  #giveUp(stories: readonly JobStory[]): void {
    for (const story of stories) if (story.isClosed) this.#own.delete(story.jobId);
    this.#options.metrics.jobStories("dropped", stories.length);
  }

  /** Takes old ones away. Each process does: those of one that has died are old, too. */
  async #sweep(): Promise<void> {
    if (performance.now() - this.#sweptMs < SWEEP_INTERVAL_MS) return;
    this.#sweptMs = performance.now();
    const before = new Date(this.#aDayAgo().getTime() - LONGEST_MS);
    while ((await this.#options.store.sweep(before, SWEPT_MAX)) === SWEPT_MAX);
  }

  async #try(act: () => Promise<void>): Promise<void> {
    try {
      await act();
      this.#failures = 0;
    } catch (thrown) {
      const err = FlockError.from(thrown);
      if (this.#failures % LOGGED_FAILURES === 0)
        this.#options.logger.warn({ err }, "the stories of jobs cannot be kept at the moment");
      this.#failures += 1;
    }
  }

  #aDayAgo(): Date {
    return new Date(this.#options.clock.unixMs() - DAY_MS);
  }
}
