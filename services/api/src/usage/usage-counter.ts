import { randomUUID } from "node:crypto";
import { FlockError } from "@flock/errors";
import { delay, ensureEventsStream, jetstreamOf, type Mesh, manager, type Part } from "@flock/mesh";
import { EVENTS, STREAMS } from "@flock/proto";
import { AckPolicy, type Consumer, DeliverPolicy, type JsMsg } from "@nats-io/jetstream";
import { nanos } from "@nats-io/nats-core";
import type { UsagePosition, UsageStore } from "../store/usage-store.js";
import { readUsageEvent, type UsedJob } from "./usage-event.js";

/** For so long another process leaves the counting to this one that it has heard of last. */
const LEAD_TTL_MS = 10_000;
/** How often it says so, and how often the others ask. */
const LEAD_INTERVAL_MS = 2_000;
/** What comes within this time is counted together: a statement costs more than the jobs in it. */
const GATHER_MS = 200;
/** Events of up to 64 jobs each, that wait for the database at most. */
const FETCHED_MAX = 256;
const RETRY_MS = 500;
/** The server forgets a consumer that nobody has asked for so long. */
const CONSUMER_IDLE_MS = 60_000;
const LOGGED_FAILURES = 60;

/** A consumer that begins behind the position, and how many events it has given. */
interface Reading {
  readonly consumer: Consumer;
  readonly name: string;
  /** Of the stream that it reads; the position may still be that of the one before. */
  readonly stream: string;
  position: UsagePosition;
  delivered: number;
}

/**
 * Adds up what keys use, from `evt.inference.completed`, and lets go of what was reserved for jobs that have ended.
 * How far the stream is counted stands in Postgres, beside the sums, and moves with them: an event is counted once,
 * whatever is delivered twice and whoever dies. So there is nothing to acknowledge, and a database that was restored
 * counts what it has forgotten. One process of all counts at a time; that saves work, and correctness does not depend
 * on it.
 */
export class UsageCounter implements Part {
  readonly name = "usage counter";
  readonly #id = randomUUID();
  #reading: Reading | undefined;

  constructor(
    private readonly mesh: Mesh,
    private readonly store: UsageStore,
  ) {}

  async start(stop: AbortSignal): Promise<void> {
    for (let failures = 0; !stop.aborted; ) {
      try {
        const position = await this.store.lead(this.#id, LEAD_TTL_MS);
        if (position === undefined) await delay(LEAD_INTERVAL_MS, stop);
        else await this.#countFrom(position, stop);
        failures = 0;
      } catch (thrown) {
        this.#reading = undefined;
        const err = FlockError.from(thrown);
        if (failures % LOGGED_FAILURES === 0) this.mesh.logger.warn({ err }, "usage cannot be counted yet");
        failures += 1;
        await delay(RETRY_MS, stop);
      }
    }
    // Else the next one waits for the end of its time.
    await this.store.resign(this.#id).catch(() => {});
  }

  /** Counts what comes until it is time to say again who counts. */
  async #countFrom(position: UsagePosition, stop: AbortSignal): Promise<void> {
    const reading = await this.#readingFrom(position);
    const messages = await reading.consumer.fetch({ max_messages: FETCHED_MAX, expires: LEAD_INTERVAL_MS });
    const end = () => messages.stop();
    stop.addEventListener("abort", end, { once: true });
    let fetched: JsMsg[] = [];
    let counting: Promise<void> | undefined;
    let failure: unknown;
    const countAll = async (): Promise<void> => {
      while (fetched.length > 0 && failure === undefined) {
        await delay(GATHER_MS, stop);
        const batch = fetched;
        fetched = [];
        await this.#count(reading, batch);
      }
    };
    try {
      for await (const message of messages) {
        if (failure !== undefined) break;
        fetched.push(message);
        counting ??= countAll()
          .catch((thrown: unknown) => {
            failure = thrown;
          })
          .finally(() => {
            counting = undefined;
          });
      }
      await counting;
      if (failure !== undefined) throw failure;
    } finally {
      stop.removeEventListener("abort", end);
    }
  }

  /** The consumer that goes on from the position: the one that there is, if nobody else has moved it. */
  async #readingFrom(position: UsagePosition): Promise<Reading> {
    const now = this.#reading;
    if (now?.position.stream === position.stream && now.position.sequence === position.sequence) return now;
    await ensureEventsStream(this.mesh);
    const { consumers, streams } = await manager(this.mesh);
    const { created } = await streams.info(STREAMS.events);
    const begin = position.stream === created ? position.sequence + 1n : 1n;
    const { name } = await consumers.add(STREAMS.events, {
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: Number(begin),
      filter_subject: EVENTS.inference,
      inactive_threshold: nanos(CONSUMER_IDLE_MS),
      mem_storage: true,
    });
    if (now !== undefined) await consumers.delete(STREAMS.events, now.name).catch(() => {});
    const consumer = await jetstreamOf(this.mesh).consumers.get(STREAMS.events, name);
    this.#reading = { consumer, name, stream: created, position, delivered: 0 };
    return this.#reading;
  }

  async #count(reading: Reading, batch: readonly JsMsg[]): Promise<void> {
    const jobs: UsedJob[] = [];
    const ended: string[] = [];
    for (const { subject, data, seq, info } of batch) {
      reading.delivered += 1;
      // What was lost on its way here is read again from the position.
      if (info.deliverySequence !== reading.delivered) throw gap();
      const event = readUsageEvent(subject, data);
      if (event.kind === "unreadable")
        this.mesh.dropped.drop(EVENTS.inference, event.reason, { sequence: seq });
      else {
        jobs.push(...event.jobs);
        ended.push(...event.ended);
        for (let job = 0; job < event.invalid; job++)
          this.mesh.dropped.drop(EVENTS.inference, "invalid_values", { sequence: seq });
      }
    }
    const last = batch.at(-1);
    if (last === undefined) return;
    const to = { stream: reading.stream, sequence: BigInt(last.seq) };
    if (!(await this.store.count(reading.position, to, jobs, ended))) throw movedMeanwhile();
    reading.position = to;
  }
}

function gap(): FlockError {
  return new FlockError("aborted", "an event was lost on its way; reading again");
}

function movedMeanwhile(): FlockError {
  return new FlockError("aborted", "another process has counted these events");
}
