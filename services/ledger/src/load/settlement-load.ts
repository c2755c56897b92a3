import { jetstreamOf, type Mesh } from "@flock/mesh";
import { EVENTS, LedgerTransferred } from "@flock/proto";
import { type JobSpread, LoadJobs, quantile, sleep } from "./load-jobs.js";

export interface SettlementLoad extends JobSpread {
  /** Settlements in all. */
  readonly settlements: number;
  /** Completion events published per second, whatever the ledger does. */
  readonly ratePerSecond: number;
}

export interface SettlementSpeed {
  /** From the first event to the last settlement. */
  readonly settlementsPerSecond: number;
  /** From before an event is published until the settlement is heard of as `evt.ledger.transferred`. */
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

/**
 * Settles jobs that are held already, at a given rate, and hears of each settlement as any other service would: on the
 * event stream. What is measured includes the stream on both sides, and the outbox in between.
 */
export async function driveSettlements(mesh: Mesh, load: SettlementLoad): Promise<SettlementSpeed> {
  const { settlements, ratePerSecond } = load;
  const jobs = new LoadJobs(mesh, load);
  await jobs.fund(settlements);
  await holdAll(jobs, settlements);

  const publishedMs = new Map<string, number>();
  const latenciesMs: number[] = [];
  const heard = mesh.nats.subscribe(EVENTS.ledgerTransferred, {
    callback: (_, msg) => {
      const nowMs = performance.now();
      for (const transfer of LedgerTransferred.decode(msg.data).transfers) {
        if (transfer.kind !== "settlement") continue;
        const atMs = publishedMs.get(transfer.businessId);
        if (atMs !== undefined && publishedMs.delete(transfer.businessId)) latenciesMs.push(nowMs - atMs);
      }
    },
  });
  const client = jetstreamOf(mesh);
  const confirmations: Promise<unknown>[] = [];
  const startedMs = performance.now();
  await atRate(settlements, ratePerSecond, (job) => {
    publishedMs.set(jobs.idOf(job), performance.now());
    const msgID = jobs.idOf(job);
    confirmations.push(client.publish(EVENTS.inferenceCompleted, jobs.completed(job), { msgID }));
  });
  await Promise.all(confirmations);
  while (latenciesMs.length < settlements) await sleep(TICK_MS);
  const durationMs = performance.now() - startedMs;
  heard.unsubscribe();
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
