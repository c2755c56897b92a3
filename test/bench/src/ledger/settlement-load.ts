import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Mesh } from "@flock/mesh";
import { EVENT_CONSUMERS, encode, type MessageCodec, STREAMS } from "@flock/proto";
import type { InferenceCompleted } from "@flock/proto/events";
import { PubHeaders } from "@nats-io/jetstream";
import { headers } from "@nats-io/nats-core";
import { feesOf, type JobSpread, LoadJobs, quantile } from "./load-jobs.js";

export interface SettlementLoad extends JobSpread {
  /** Settlements in all. */
  readonly settlements: number;
  /** Jobs that end per second, whatever the ledger does. */
  readonly ratePerSecond: number;
}

export interface SettlementSpeed {
  /** From the first job's end to the last settlement. */
  readonly settlementsPerSecond: number;
  /** From a job's end until its settlement is durable. */
  readonly settleP50Ms: number;
  readonly settleP99Ms: number;
}

export interface HoldLoad extends JobSpread {
  readonly holds: number;
  /** Hold calls begun per second, whatever the ledger does. */
  readonly ratePerSecond: number;
}

export interface HoldSpeed {
  readonly holdP50Ms: number;
  readonly holdP99Ms: number;
}

const HOLD_CALLERS = 512;
const TICK_MS = 2;
/** For what the ledger does after it has made the holds: publish, fold, and collect the garbage of it. */
const REST_MS = 1_000;
const WATCH_MS = 20;
/** For what the ledger has left to do when the last job has ended. */
const WAIT_MAX_MS = 60_000;

/** Makes the holds of as many jobs as shall be settled, and returns what settles them. */
export async function prepareSettlements(
  mesh: Mesh,
  load: SettlementLoad,
): Promise<() => Promise<SettlementSpeed>> {
  const jobs = new LoadJobs(mesh, load);
  await jobs.fund(load.settlements);
  await holdAll(jobs, load.settlements);
  await sleep(REST_MS);
  return () => settleAtRate(mesh, jobs, load);
}

/**
 * Settles jobs that are held already, at a given rate. The ledger acknowledges an event when its jobs' settlements are
 * durable, and the load listens to that. The fees that arrive in the end tell that no job was lost.
 */
async function settleAtRate(mesh: Mesh, jobs: LoadJobs, load: SettlementLoad): Promise<SettlementSpeed> {
  const { settlements, ratePerSecond } = load;
  const feesBefore = await jobs.fees();
  const acknowledged = new AcknowledgedEvents(mesh);
  const events = new ConfirmedEvents(mesh);
  const tell = jobs.ends(events);
  const endedMs = new Map<string, number>();
  const startedMs = performance.now();
  await atRate(settlements, ratePerSecond, (job) => {
    const completed = jobs.completed(job);
    endedMs.set(completed.jobId, performance.now());
    tell(completed);
  });
  await until("every job's fee", async () => (await jobs.fees()) >= feesBefore + feesOf(settlements));
  assert.equal(await jobs.fees(), feesBefore + feesOf(settlements), "every job was settled once");
  const told = await events.confirmed();
  const settledMs = await acknowledged.allAtMs(told.map(({ sequence }) => sequence));
  const latenciesMs = told.flatMap(({ jobIds }, event) =>
    jobIds.map((jobId) => (settledMs[event] ?? 0) - (endedMs.get(jobId) ?? 0)),
  );
  return {
    settlementsPerSecond: (settlements * 1_000) / (Math.max(...settledMs) - startedMs),
    settleP50Ms: quantile(latenciesMs, 0.5),
    settleP99Ms: quantile(latenciesMs, 0.99),
  };
}

/** An event as the stream has confirmed it. */
interface ConfirmedEvent {
  readonly jobIds: readonly string[];
  /** In the stream. */
  readonly sequence: number;
}

/**
 * Publishes the events that tell of ended jobs, and remembers where in the stream each is. It reads the stream's
 * answers itself, because the client makes a timer and an error with a stack for each.
 */
class ConfirmedEvents {
  readonly #nats: Mesh["nats"];
  readonly #inbox: string;
  readonly #answers;
  readonly #events: (readonly string[])[] = [];
  readonly #sequences: number[] = [];
  #confirmed = 0;

  constructor({ nats, newInbox }: Mesh) {
    this.#nats = nats;
    this.#inbox = newInbox();
    this.#answers = nats.subscribe(`${this.#inbox}.*`, {
      callback: (_, { subject, data }) => {
        const { seq } = JSON.parse(Buffer.from(data).toString()) as { seq?: number };
        assert(seq !== undefined, "the stream takes every event");
        this.#sequences[Number(subject.slice(this.#inbox.length + 1))] = seq;
        this.#confirmed += 1;
      },
    });
  }

  publish<T>(subject: string, messageId: string, codec: MessageCodec<T>, event: T): Promise<boolean> {
    // CAST: the load tells of completed jobs alone.
    const { jobs } = event as unknown as InferenceCompleted;
    const reply = `${this.#inbox}.${this.#events.length}`;
    this.#events.push(jobs.map(({ jobId }) => jobId));
    const id = headers();
    id.set(PubHeaders.MsgIdHdr, messageId);
    this.#nats.publish(subject, encode(codec, event), { reply, headers: id });
    return Promise.resolve(true);
  }

  async flush(): Promise<void> {
    await this.confirmed();
  }

  /** When the stream has taken all of them. */
  async confirmed(): Promise<ConfirmedEvent[]> {
    await until("every event to be stored", () => this.#confirmed === this.#events.length);
    this.#answers.unsubscribe();
    return this.#events.map((jobIds, event) => ({ jobIds, sequence: this.#sequences[event] ?? 0 }));
  }
}

/**
 * When the ledger acknowledged each event, from the acknowledgements themselves: asking the server how far its consumer
 * is costs it more than storing an event.
 */
class AcknowledgedEvents {
  readonly #atMs = new Map<number, number>();
  readonly #subscription;

  constructor({ nats }: Mesh) {
    const subject = `$JS.ACK.${STREAMS.events}.${EVENT_CONSUMERS.ledgerSettler}.>`;
    this.#subscription = nats.subscribe(subject, {
      callback: (_, { subject, data }) => {
        // Other answers on this subject: not yet, or not at all.
        if (ACKNOWLEDGED.equals(data)) this.#atMs.set(sequenceOf(subject), performance.now());
      },
    });
  }

  /** On the clock of performance.now(), when all of them are acknowledged. */
  async allAtMs(sequences: readonly number[]): Promise<number[]> {
    await until("every acknowledgement", () => sequences.every((sequence) => this.#atMs.has(sequence)));
    this.#subscription.unsubscribe();
    return sequences.map((sequence) => this.#atMs.get(sequence) ?? 0);
  }
}

const ACKNOWLEDGED = Buffer.from("+ACK");

/** Of `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<time>.<pending>`. */
function sequenceOf(ackSubject: string): number {
  return Number(ackSubject.split(".")[5]);
}

/** Makes holds at a given rate: how long callers wait when the ledger is not at its limit. */
export async function driveHolds(mesh: Mesh, load: HoldLoad): Promise<HoldSpeed> {
  const { holds, ratePerSecond } = load;
  const jobs = new LoadJobs(mesh, load);
  await jobs.fund(holds);
  const latenciesMs: number[] = [];
  const calls: Promise<void>[] = [];
  await atRate(holds, ratePerSecond, (job) => {
    const startedMs = performance.now();
    calls.push(jobs.hold(job).then(() => void latenciesMs.push(performance.now() - startedMs)));
  });
  await Promise.all(calls);
  return { holdP50Ms: quantile(latenciesMs, 0.5), holdP99Ms: quantile(latenciesMs, 0.99) };
}

async function holdAll(jobs: LoadJobs, count: number): Promise<void> {
  let next = 0;
  const caller = async () => {
    for (let job = next++; job < count; job = next++) await jobs.hold(job);
  };
  await Promise.all(Array.from({ length: HOLD_CALLERS }, caller));
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MAX_MS;
  while (!(await isTrue())) {
    assert(performance.now() < deadlineMs, `waited in vain for ${what}`);
    await sleep(WATCH_MS);
  }
}

/** Does a thing with each of `jobs`, with as many in each tick as are due by then. */
async function atRate(jobs: number, perSecond: number, doWith: (job: number) => void): Promise<void> {
  const startedMs = performance.now();
  for (let next = 0; next < jobs; ) {
    const due = Math.ceil(((performance.now() - startedMs) * perSecond) / 1_000);
    for (; next < Math.min(jobs, due); next++) doWith(next);
    await sleep(TICK_MS);
  }
}
