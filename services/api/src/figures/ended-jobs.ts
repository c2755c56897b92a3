import {
  type Clock,
  delay,
  ensureEventsStream,
  jetstreamOf,
  type Mesh,
  manager,
  type Part,
} from "@flock/mesh";
import { EVENTS, STREAMS } from "@flock/proto";
import { DeliverPolicy, type JsMsg, type OrderedConsumerOptions } from "@nats-io/jetstream";
import type { JobFigures } from "./job-figures.js";
import { measuredJobs } from "./measured-job.js";

const HISTORY_MS = 24 * 3_600_000;
/** Of up to 64 jobs each: what a process reads at most before it has caught up. Some seconds' work. */
const REPLAYED_MAX = 20_000;
const RETRY_MS = 1_000;

/** Where the figures begin. */
interface Beginning {
  readonly options: Partial<OrderedConsumerOptions>;
  readonly unixMs: number;
}

/**
 * Fills the figures from the events of jobs that have ended: first those of the last day, or the newest of them if
 * there are very many, and then as they come. Each process reads for itself, so they all know the same.
 */
export class EndedJobs implements Part {
  readonly name = "ended jobs";
  #sinceUnixMs: number | undefined;
  #endReading: () => void = () => {};
  /** The last event that was counted, and the stream that it is of. */
  #read: { readonly stream: string; sequence: number } | undefined;

  constructor(
    private readonly mesh: Mesh,
    private readonly figures: JobFigures,
    private readonly clock: Clock,
  ) {}

  /** Jobs that ended before are not in the figures; undefined: none are yet. */
  get sinceUnixMs(): number | undefined {
    if (this.#sinceUnixMs === undefined) return undefined;
    return Math.max(this.#sinceUnixMs, this.clock.unixMs() - HISTORY_MS);
  }

  async start(stop: AbortSignal): Promise<void> {
    // NATS may have forgotten the consumer, which would show only after a while.
    const forgetReconnects = this.mesh.onReconnect(() => this.#endReading());
    stop.addEventListener("abort", () => this.#endReading(), { once: true });
    while (!stop.aborted) {
      try {
        await this.#follow(stop);
      } catch (err) {
        if (!stop.aborted) this.mesh.logger.warn({ err }, "events of ended jobs cannot be read yet");
      }
      await delay(RETRY_MS, stop);
    }
    forgetReconnects();
  }

  async #follow(stop: AbortSignal): Promise<void> {
    await ensureEventsStream(this.mesh);
    const { streams } = await manager(this.mesh);
    const info = await streams.info(STREAMS.events);
    const { options, unixMs } = await this.#beginning(info.created, info.state.last_seq);
    const consumer = await jetstreamOf(this.mesh).consumers.get(STREAMS.events, {
      ...options,
      filter_subjects: [EVENTS.inferenceCompleted],
    });
    const messages = await consumer.consume();
    this.#endReading = () => messages.stop();
    if (stop.aborted) messages.stop();
    this.#sinceUnixMs ??= unixMs;
    this.#read = { stream: info.created, sequence: this.#read?.sequence ?? 0 };
    for await (const message of messages) this.#take(message);
  }

  /** What was read is not read again. */
  async #beginning(stream: string, last: number): Promise<Beginning> {
    const read = this.#read;
    if (read?.stream === stream && read.sequence > 0)
      return {
        options: { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: read.sequence + 1 },
        unixMs: this.clock.unixMs(),
      };
    this.#read = undefined;
    const dayAgoMs = this.clock.unixMs() - HISTORY_MS;
    const first = last - REPLAYED_MAX + 1;
    const { streams } = await manager(this.mesh);
    const bound = first > 1 ? await streams.getMessage(STREAMS.events, { seq: first }) : null;
    if (bound !== null && bound.time.getTime() > dayAgoMs)
      return {
        options: { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: first },
        unixMs: bound.time.getTime(),
      };
    return {
      options: { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(dayAgoMs).toISOString() },
      unixMs: Math.max(dayAgoMs, Date.parse(stream)),
    };
  }

  #take({ data, seq }: JsMsg): void {
    if (this.#read !== undefined) this.#read.sequence = seq;
    const jobs = measuredJobs(data);
    if (jobs === undefined)
      return this.mesh.dropped.drop(EVENTS.inferenceCompleted, "unreadable", { sequence: seq });
    for (const job of jobs) this.figures.add(job);
  }
}
