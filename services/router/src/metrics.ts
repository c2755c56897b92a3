import type { Meter } from "@flock/observability";
import type { PullRefusal } from "./domain/pull-admission.js";

/** What the router measures now, read when `/metrics` is asked for. */
export interface RouterGauges {
  queuedJobs(): number;
  ticketsOut(): number;
  liveWorkers(): number;
}

/** What became of a pull: `passed`, or why not. */
export type PullResult = "passed" | "malformed" | PullRefusal;

export type AckResult = "own" | "verified" | "put_back" | "forged";

export interface RouterMetrics {
  /** One route call; `result` is `ticketed`, `queued` or the code of the refusal. */
  countRoute(result: string): void;
  countTicket(result: "published" | "failed"): void;
  countAck(result: AckResult): void;
  countPull(result: PullResult): void;
  /** A job was refused or given up although a worker was idle for it: a fault of the router's. */
  countRejectedWhileIdle(): void;
  /** A job left without a worker. */
  countDeparture(reason: string): void;
  countBreakerOpened(): void;
  /** A worker was caught, so many times. */
  countOffence(offence: string, count: number): void;
  /** A worker was cut off for its offences. */
  countCutOff(): void;
  /** Seconds in which workers had a free slot that got no job. */
  countNoJob(reason: string, seconds: number): void;
  /** From the route call to the grant. */
  recordWait(waitMs: number): void;
}

/** Creates the router's instruments, each in one line with its name and labels. */
export function routerMetrics(meter: Meter): RouterMetrics {
  const routes = meter.createCounter("router_routes", { description: "Route calls by result" });
  const tickets = meter.createCounter("router_tickets", { description: "Tickets by result of publication" });
  const acks = meter.createCounter("router_acks", {
    description: "Ticket acknowledgements by how they went",
  });
  const pulls = meter.createCounter("router_pulls", { description: "Workers' pulls by what became of them" });
  const departures = meter.createCounter("router_departures", {
    description: "Jobs that left without a grant",
  });
  const rejectedWhileIdle = meter.createCounter("router_rejected_while_idle", {
    description: "Jobs that were refused or given up although a worker was idle for them",
  });
  const breakers = meter.createCounter("router_breakers_opened", {
    description: "Openings of worker breakers",
  });
  const offences = meter.createCounter("router_offences", {
    description: "What workers were caught at, by kind",
  });
  const cutOffs = meter.createCounter("router_workers_cut_off", {
    description: "Workers that were cut off for their offences",
  });
  const noJob = meter.createCounter("router_no_job_seconds", {
    description: "Seconds in which workers had free slots that got no job, by why",
  });
  const wait = meter.createHistogram("router_wait", {
    description: "Time from the route call to the grant",
    unit: "ms",
    advice: { explicitBucketBoundaries: [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000, 30_000, 120_000] },
  });
  return {
    countRoute: (result) => routes.add(1, { result }),
    countTicket: (result) => tickets.add(1, { result }),
    countAck: (result) => acks.add(1, { result }),
    countPull: (result) => pulls.add(1, { result }),
    countDeparture: (reason) => departures.add(1, { reason }),
    countRejectedWhileIdle: () => rejectedWhileIdle.add(1),
    countBreakerOpened: () => breakers.add(1),
    countOffence: (offence, count) => offences.add(count, { offence }),
    countCutOff: () => cutOffs.add(1),
    countNoJob: (reason, seconds) => noJob.add(seconds, { reason }),
    recordWait: (waitMs) => wait.record(waitMs),
  };
}

/** Adds the values that are read, not counted. */
export function routerGauges(meter: Meter, gauges: RouterGauges): void {
  meter
    .createObservableGauge("router_queued_jobs", { description: "Jobs that wait for a ticket" })
    .addCallback((result) => result.observe(gauges.queuedJobs()));
  meter
    .createObservableGauge("router_tickets_out", { description: "Jobs whose ticket is not granted yet" })
    .addCallback((result) => result.observe(gauges.ticketsOut()));
  meter
    .createObservableGauge("router_live_workers", { description: "Workers whose heartbeats come" })
    .addCallback((result) => result.observe(gauges.liveWorkers()));
}
