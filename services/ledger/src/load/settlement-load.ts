import assert from "node:assert/strict";
import { type Mesh, manager } from "@flock/mesh";
import { EVENT_CONSUMERS, EVENTS, STREAMS } from "@flock/proto";
import { feesOf, type JobSpread, LoadJobs, quantile, sleep } from "./load-jobs.js";

export interface SettlementLoad extends JobSpread {
  /** Settlements in all. */
  readonly settlements: number;
  /** Completion events published per second, whatever the ledger does. */
  readonly ratePerSecond: number;
}

export interface SettlementSpeed {
  /** From the first event to the last settlement. */
  readonly settlementsPerSecond: number;
  /** From before an event is published until its settlement is durable. */
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
const WATCH_MS = 5;

/**
 * Settles jobs that are held already, at a given rate. An event is acknowledged when its settlement is durable, so the
 * load watches how far the ledger's consumer has acknowledged without a gap: what it measures is never too little. So
 * as to take little of a machine that it shares with the ledger, it encodes its events before and does not ask the
 * stream to confirm them; the fees that arrive in the end tell that none was lost.
 */
export async function driveSettlements(mesh: Mesh, load: SettlementLoad): Promise<SettlementSpeed> {
  const { settlements, ratePerSecond } = load;
  const jobs = new LoadJobs(mesh, load);
  await jobs.fund(settlements);
  await holdAll(jobs, settlements);
  const feesBefore = await jobs.fees();
  const events = Array.from({ length: settlements }, (_, job) => jobs.completed(job));

  const { consumers } = await manager(mesh);
  /** How many events were ever delivered to the consumer and acknowledged, without a gap. */
  const acknowledged = async () =>
    (await consumers.info(STREAMS.events, EVENT_CONSUMERS.ledgerSettler)).ack_floor.consumer_seq;
  const acknowledgedBefore = await acknowledged();
  const publishedMs: number[] = [];
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  const publishing = atRate(settlements, ratePerSecond, (job) => {
    publishedMs.push(performance.now());
    mesh.nats.publish(EVENTS.inferenceCompleted, events[job]);
  });
  while (latenciesMs.length < settlements) {
    await sleep(WATCH_MS);
    const settled = Math.min((await acknowledged()) - acknowledgedBefore, settlements);
    const nowMs = performance.now();
    for (let job = latenciesMs.length; job < settled; job++)
      latenciesMs.push(nowMs - (publishedMs[job] ?? nowMs));
  }
  const durationMs = performance.now() - startedMs;
  await publishing;
  assert.equal(await jobs.fees(), feesBefore + feesOf(settlements), "every job was settled once");
  return {
    settlementsPerSecond: (settlements * 1_000) / durationMs,
    settleP50Ms: quantile(latenciesMs, 0.5),
    settleP99Ms: quantile(latenciesMs, 0.99),
  };
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

/** Begins `count` things, as many in each tick as are due by then. */
async function atRate(count: number, perSecond: number, begin: (index: number) => void): Promise<void> {
  const startedMs = performance.now();
  for (let index = 0; index < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedMs) * perSecond) / 1_000));
    while (index < due) begin(index++);
    await sleep(TICK_MS);
  }
}
