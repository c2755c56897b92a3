import { type AccountHistory, type Candidate, FairQueue } from "./fair-queue.js";
import { NamedWorkers } from "./named-workers.js";
import { PreferredWorkers } from "./preferred-workers.js";
import type { Registry } from "./registry.js";
import { ANYBODY, type Recipients, type WaitingJob } from "./waiting-job.js";
import type { Worker } from "./worker.js";

/** Why a job leaves without having been granted. */
export type Departure = "deadline_exceeded" | "unrenewed" | "unserved";

/** A job that has left, and what for. */
interface Departed {
  readonly job: WaitingJob;
  readonly departure: Departure;
  /** No ticket was out for it. */
  readonly wasQueued: boolean;
}

export interface SchedulerLimits {
  /** An account that has had nothing started for longer goes first. */
  readonly starvationBoundMs: number;
  /** A job that its requester has not renewed for longer is forgotten. */
  readonly renewTimeoutMs: number;
  /** Jobs that no live worker may have had for longer are given up. */
  readonly unservedMaxMs: number;
  /** A slot is reserved for a ticket for at most this long. */
  readonly reservationMaxMs: number;
}

/** What is remembered of an account's turns. */
interface Turns {
  /** Number of the last start of any of its jobs. */
  readonly lastStart: number;
  readonly rescuedAtMs: number;
}

/** Accounts whose turns are remembered; beyond, those that had their turn longest ago count as never served. */
const TURNS_MAX = 20_000;
const NO_TURNS: Turns = { lastStart: 0, rescuedAtMs: Number.NEGATIVE_INFINITY };

/**
 * Decides which job gets the next ticket. Per model a fair queue; a ticket goes out only when a worker that may run the
 * job has a slot that is neither leased nor reserved for another ticket. So no able worker's slot stays free while a
 * job waits, and no more tickets are out than there are slots: order is made here, not by arrival in JetStream.
 *
 * A reservation only counts; any worker of the model may take the ticket. The reserved slot is released when the ticket
 * is granted, to any worker, or when it was not taken for `reservationMaxMs`.
 *
 * A job may prefer a worker (see {@link PreferredWorkers}): for a moment it waits for that one while others are idle,
 * and whoever queues behind it goes before it.
 *
 * When several models compete for one worker's slot, the next job is the one whose account was served longest ago,
 * whatever the model. So nothing is gained by spreading jobs over many models. A tie goes to the model served longest
 * ago.
 */
export class Scheduler implements AccountHistory {
  readonly #registry: Registry;
  readonly #limits: SchedulerLimits;
  readonly #preferred: PreferredWorkers;
  readonly #jobs = new Map<string, WaitingJob>();
  readonly #ticketed = new Set<WaitingJob>();
  readonly #named = new NamedWorkers();
  /** Of all jobs together: a quarantined worker counts if one of them names it. */
  readonly #anybody: Recipients = {
    mayGoTo: (worker) => ANYBODY.mayGoTo(worker) || this.#named.has(worker.workerId),
  };
  /** Kept once made (models are few), because their virtual times must outlast moments without queued jobs. */
  readonly #queues = new Map<string, FairQueue<WaitingJob>>();
  /** Models with queued jobs, the one served longest ago first. */
  readonly #backlog = new Set<string>();
  /** Queued jobs by account. */
  readonly #queuedOf = new Map<string, number>();
  /** The account served longest ago first. */
  readonly #turns = new Map<string, Turns>();
  #queued = 0;
  #starts = 0;

  constructor(registry: Registry, limits: SchedulerLimits) {
    this.#registry = registry;
    this.#limits = limits;
    this.#preferred = new PreferredWorkers(registry, limits.reservationMaxMs);
  }

  get queuedTotal(): number {
    return this.#queued;
  }

  get ticketed(): ReadonlySet<WaitingJob> {
    return this.#ticketed;
  }

  /** All waiting jobs, queued and ticketed. */
  get jobs(): Iterable<WaitingJob> {
    return this.#jobs.values();
  }

  find(jobId: string): WaitingJob | undefined {
    return this.#jobs.get(jobId);
  }

  queuedOf(accountId: string): number {
    return this.#queuedOf.get(accountId) ?? 0;
  }

  queuedFor(model: string): number {
    return this.#queues.get(model)?.size ?? 0;
  }

  lastStart(accountId: string): number {
    return (this.#turns.get(accountId) ?? NO_TURNS).lastStart;
  }

  mayBeRescued(accountId: string, nowMs: number): boolean {
    const { rescuedAtMs } = this.#turns.get(accountId) ?? NO_TURNS;
    return nowMs - rescuedAtMs > this.#limits.starvationBoundMs;
  }

  /** Whether a job of the model waits, with or without a ticket, that only this worker may have. */
  hasJobNaming(workerId: string, model: string): boolean {
    return this.#named.has(workerId, model);
  }

  /** Queued jobs that are expected to start before this one; 0 if it is not queued. */
  aheadOf(job: WaitingJob): number {
    return this.#queues.get(job.model)?.aheadOf(job) ?? 0;
  }

  /** True if a job would be started at once: a worker is idle for it, and no waiting job can use that worker. */
  canStart(model: string, recipients: Recipients, nowMs: number): boolean {
    return this.#registry.freeServerOf(model, recipients, nowMs) !== undefined;
  }

  /** Puts a new job, or one whose ticket is void, into its queue. No effect on one that is queued. */
  enqueue(job: WaitingJob, nowMs: number): void {
    if (job.phase === "queued") return;
    this.#releaseTicket(job);
    this.#jobs.set(job.jobId, job);
    this.#named.add(job);
    job.phase = "queued";
    let queue = this.#queues.get(job.model);
    if (queue === undefined) {
      queue = new FairQueue(this.#limits.starvationBoundMs, this);
      this.#queues.set(job.model, queue);
    }
    queue.add(job, nowMs);
    this.#backlog.add(job.model);
    this.#queued += 1;
    this.#queuedOf.set(job.accountId, this.queuedOf(job.accountId) + 1);
  }

  /** The job was granted or is not wanted any more. */
  remove(job: WaitingJob): void {
    if (this.#jobs.get(job.jobId) !== job) return;
    this.#jobs.delete(job.jobId);
    this.#named.remove(job);
    if (job.phase === "queued") {
      this.#queues.get(job.model)?.remove(job);
      this.#leftQueue(job);
    }
    this.#releaseTicket(job);
    job.phase = "gone";
  }

  /**
   * Starts every job that can start now, of one model or of all: each is `ticketed`, and its ticket is the caller's to
   * publish.
   */
  start(nowMs: number, model?: string): WaitingJob[] {
    const started: WaitingJob[] = [];
    const open = new Set(model === undefined ? this.#backlog : [model]);
    while (open.size > 0) {
      const next = this.#next(open, nowMs);
      const recipients = next && this.#preferred.recipientsOf(next.job, nowMs);
      const worker = recipients && this.#registry.freeServerOf(next.job.model, recipients, nowMs);
      if (next === undefined || worker === undefined) break;
      next.job.offeredTo = recipients === next.job ? undefined : worker.workerId;
      this.#start(next, worker, nowMs);
      started.push(next.job);
      open.delete(next.job.model);
      open.add(next.job.model);
    }
    return started;
  }

  /** Gives up slots reserved for tickets that were not taken; returns the jobs of those tickets. */
  releaseStale(nowMs: number): Set<WaitingJob> {
    const jobs = new Set<WaitingJob>();
    for (const worker of this.#registry.workers) {
      for (const jobId of worker.slots.staleReservations(this.#limits.reservationMaxMs, nowMs)) {
        const job = this.#jobs.get(jobId);
        if (job?.reservedAt === worker) {
          job.reservedAt = undefined;
          jobs.add(job);
        }
        worker.slots.release(jobId);
        worker.isIgnoringTickets = true;
      }
    }
    return jobs;
  }

  /** The worker may not have all jobs any more: no slot of it is kept for those whose tickets it may not take. */
  releaseUnfit(worker: Worker): void {
    for (const job of this.#ticketed) {
      if (job.reservedAt !== worker || job.mayEverGoTo(worker)) continue;
      worker.slots.release(job.jobId);
      job.reservedAt = undefined;
    }
  }

  /** Jobs whose ticket is out and no slot is kept for it: nobody has taken it in time, or its worker has gone. */
  untaken(): WaitingJob[] {
    return [...this.#ticketed].filter(
      ({ reservedAt }) => reservedAt === undefined || this.#registry.find(reservedAt.workerId) !== reservedAt,
    );
  }

  /** Jobs whose tickets the workers that they prefer have not taken: any other may have them now. */
  endOffers(nowMs: number): WaitingJob[] {
    return [...this.#ticketed].filter((job) => this.#preferred.endOffer(job, nowMs));
  }

  /** Removes the jobs whose time is up, with the reason for each. */
  removeOverdue(nowMs: number): Departed[] {
    const overdue: Departed[] = [];
    for (const job of this.#jobs.values()) {
      if (this.#registry.serverCountFor(job) > 0) job.unservedSinceMs = undefined;
      else job.unservedSinceMs ??= nowMs;
      const departure = this.#departureOf(job, nowMs);
      if (departure !== undefined) overdue.push({ job, departure, wasQueued: job.phase === "queued" });
    }
    for (const { job } of overdue) this.remove(job);
    return overdue;
  }

  /** Nobody could be heard for a while: requesters get time to renew their jobs, workers to take their tickets. */
  extendTimeouts(nowMs: number): void {
    for (const job of this.#jobs.values()) job.renewedAtMs = nowMs;
    for (const worker of this.#registry.workers) {
      worker.slots.renewReservations(nowMs);
      worker.isIgnoringTickets = false;
    }
  }

  #departureOf(job: WaitingJob, nowMs: number): Departure | undefined {
    if (nowMs >= job.deadlineMs) return "deadline_exceeded";
    if (nowMs - job.renewedAtMs > this.#limits.renewTimeoutMs) return "unrenewed";
    const unservedMs = nowMs - (job.unservedSinceMs ?? nowMs);
    return unservedMs > this.#limits.unservedMaxMs ? "unserved" : undefined;
  }

  /** The job to start next; models that have none are taken out of `open`. */
  #next(open: Set<string>, nowMs: number): Candidate<WaitingJob> | undefined {
    let best: Candidate<WaitingJob> | undefined;
    for (const model of open) {
      // First as if anybody might have the jobs: when every slot is taken, none need be looked at.
      const candidate = this.canStart(model, this.#anybody, nowMs)
        ? this.#queues
            .get(model)
            ?.next(nowMs, (job) => this.canStart(model, this.#preferred.recipientsOf(job, nowMs), nowMs))
        : undefined;
      if (candidate === undefined) open.delete(model);
      else if (best === undefined || this.#isBefore(candidate, best)) best = candidate;
    }
    return best;
  }

  #isBefore(candidate: Candidate<WaitingJob>, best: Candidate<WaitingJob>): boolean {
    if (candidate.isRescue !== best.isRescue) return candidate.isRescue;
    return this.lastStart(candidate.job.accountId) < this.lastStart(best.job.accountId);
  }

  #start({ job, isRescue }: Candidate<WaitingJob>, worker: Worker, nowMs: number): void {
    this.#starts += 1;
    const { rescuedAtMs } = this.#turns.get(job.accountId) ?? NO_TURNS;
    this.#turns.delete(job.accountId);
    this.#turns.set(job.accountId, {
      lastStart: this.#starts,
      rescuedAtMs: isRescue ? nowMs : rescuedAtMs,
    });
    const longestAgo = this.#turns.keys().next();
    if (this.#turns.size > TURNS_MAX && !longestAgo.done) this.#turns.delete(longestAgo.value);
    // To the end: the other models are before it now.
    this.#backlog.delete(job.model);
    this.#backlog.add(job.model);
    this.#queues.get(job.model)?.start(job, nowMs);
    this.#leftQueue(job);
    job.phase = "ticketed";
    // Should its ticket be lost, it has waited for its turn already.
    job.isReturning = true;
    job.reservedAt = worker;
    job.lane = worker.lane;
    worker.slots.reserve(job.jobId, nowMs);
    this.#ticketed.add(job);
  }

  #leftQueue(job: WaitingJob): void {
    this.#queued -= 1;
    if (this.queuedFor(job.model) === 0) this.#backlog.delete(job.model);
    const left = this.queuedOf(job.accountId) - 1;
    if (left === 0) this.#queuedOf.delete(job.accountId);
    else this.#queuedOf.set(job.accountId, left);
  }

  #releaseTicket(job: WaitingJob): void {
    this.#ticketed.delete(job);
    job.reservedAt?.slots.release(job.jobId);
    job.reservedAt = undefined;
  }
}
