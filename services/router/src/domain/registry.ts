import { WorkerState } from "@flock/proto/workers";
import { LRUCache } from "lru-cache";
import type { Announcement } from "./announcement.js";
import { Breaker, type BreakerLimits } from "./breaker.js";
import { equalsPin, fitsPin, type Pin } from "./contested-pins.js";
import { Trust } from "./trust.js";
import type { Recipients, WaitingJob } from "./waiting-job.js";
import { Worker } from "./worker.js";
import { leaseKey } from "./worker-slots.js";

/** Without a heartbeat for three intervals, and at least this long, a worker counts as gone. */
const LIVE_MIN_MS = 3_000;
const INTERVALS_PER_LIFE = 3;
const INTERVAL_MAX_MS = 20_000;
const BLOCKED_MAX = 1_000;
const BLOCKED_AGE_MS = 50;
const NOT_ASKED = { atMs: Number.NEGATIVE_INFINITY, ids: [] };

/** How a lease ended, as far as its worker is concerned. */
export type LeaseOutcome = "succeeded" | "failed" | "lost";

/** What a heartbeat changed. */
export interface Heard {
  readonly worker: Worker;
  /** `joined`: was not known. `restarted`: another process of the same identity. */
  readonly kind: "joined" | "restarted" | "changed" | "unchanged";
}

export interface RegistryLimits extends BreakerLimits {
  readonly workersMax: number;
  /** Breakers of workers that are gone, kept at most. */
  readonly breakersMax: number;
}

/**
 * The live workers and what each may be given. A worker lives while its heartbeats come; it serves a model when it is
 * ready, has the very digest that the catalogue pins and at least its context (`pinOf`, undefined for models without an
 * entry).
 */
export class Registry {
  readonly #workers = new Map<string, Worker>();
  readonly #servers = new Map<string, Set<Worker>>();
  /** By model, those that would be servers, were they not quarantined. */
  readonly #quarantined = new Map<string, Set<Worker>>();
  /** Of workers that left, if anything is held against them. */
  readonly #parkedBreakers: LRUCache<string, Breaker>;
  /** Of workers that are not here: they left, or were never heard. */
  readonly #trusts: LRUCache<string, Trust>;
  #blocked: { readonly atMs: number; readonly ids: readonly string[] } = NOT_ASKED;

  constructor(
    private readonly limits: RegistryLimits,
    private readonly pinOf: (model: string) => Pin | undefined,
    /** Asked when a worker is heard, and by {@link reclassify}. */
    private readonly isQuarantined: (workerId: string) => boolean = () => false,
  ) {
    this.#parkedBreakers = new LRUCache({ max: limits.breakersMax });
    this.#trusts = new LRUCache({ max: 2 * limits.breakersMax });
  }

  /** All live workers, ready or not. */
  get workers(): Iterable<Worker> {
    return this.#workers.values();
  }

  get size(): number {
    return this.#workers.size;
  }

  find(workerId: string): Worker | undefined {
    return this.#workers.get(workerId);
  }

  /**
   * Live, ready workers that were admitted for the model, whatever their breaker says. A quarantined one is none of
   * them: it serves only jobs that name it.
   */
  serversOf(model: string): ReadonlySet<Worker> {
    return this.#servers.get(model) ?? new Set();
  }

  /** Whether some live ordinary worker, ready or not, has exactly what the catalogue pins of the model. */
  standsForPin(model: string): boolean {
    const pin = this.pinOf(model);
    if (pin === undefined) return false;
    for (const { announced, isBridged } of this.#workers.values()) {
      const served = isBridged ? undefined : announced.get(model);
      if (served !== undefined && equalsPin(served, pin)) return true;
    }
    return false;
  }

  /** The smallest context that live ordinary workers have for the model: what all of them could serve. */
  smallestContextOf(model: string): number {
    const contexts = [...this.#workers.values()].flatMap(({ announced, isBridged }) =>
      isBridged ? [] : (announced.get(model)?.contextLength ?? []),
    );
    return Math.min(...contexts);
  }

  /** How many of them may have the job, now or when what keeps them from it now is over. */
  serverCountFor(job: WaitingJob): number {
    if (!job.isRestricted) return this.serversOf(job.model).size;
    let count = 0;
    for (const worker of this.#candidatesFor(job)) if (job.mayEverGoTo(worker)) count += 1;
    return count;
  }

  /**
   * A server of the model with a free slot, of those that the job may go to: an ordinary one if there is such. One that
   * is quarantined is found only for those whom it may have jobs of.
   */
  freeServerOf(model: string, recipients: Recipients, nowMs: number): Worker | undefined {
    let bridged: Worker | undefined;
    for (const worker of this.serversOf(model)) {
      if (worker.isBridged && bridged !== undefined) continue;
      if (!worker.hasFreeSlot(nowMs) || !recipients.mayGoTo(worker)) continue;
      if (!worker.isBridged) return worker;
      bridged = worker;
    }
    if (bridged !== undefined) return bridged;
    for (const worker of this.#quarantined.get(model) ?? [])
      if (recipients.mayGoTo(worker) && worker.hasFreeSlot(nowMs)) return worker;
    return undefined;
  }

  /** Such jobs that may run at once now. */
  capacityFor(job: WaitingJob, nowMs: number): number {
    let slots = 0;
    for (const worker of this.#candidatesFor(job))
      if (job.mayEverGoTo(worker)) slots += worker.capacity(nowMs);
    return slots;
  }

  /** Servers of its model, and those that only a job may have which names one. */
  *#candidatesFor({ model, onlyWorkerId }: WaitingJob): Iterable<Worker> {
    yield* this.serversOf(model);
    if (onlyWorkerId !== undefined) yield* this.#quarantined.get(model) ?? [];
  }

  /** Takes a heartbeat in; undefined if the registry is full and the worker is not in it. */
  hear(announcement: Announcement, nowMs: number): Heard | undefined {
    const { workerId } = announcement;
    const known = this.#workers.get(workerId);
    if (known === undefined && this.#workers.size >= this.limits.workersMax) return undefined;
    const worker =
      known ?? new Worker(workerId, this.#breakerOf(announcement, nowMs), this.trustOf(workerId));
    if (known === undefined) this.#workers.set(workerId, worker);
    const isRestarted = known !== undefined && worker.startedUnixMs !== announcement.startedUnixMs;
    if (isRestarted) worker.slots.dropLeases();

    const before = describe(worker);
    worker.startedUnixMs = announcement.startedUnixMs;
    worker.state = announcement.state;
    worker.slotCount = announcement.slotCount;
    worker.isBridged = announcement.isBridged;
    worker.hardware = announcement.hardware;
    worker.engine = announcement.engine;
    worker.announced = announcement.models;
    worker.isSuspect = false;
    worker.heardMs = nowMs;
    worker.isQuarantined = this.isQuarantined(workerId);
    const lifeMs = Math.max(
      LIVE_MIN_MS,
      INTERVALS_PER_LIFE * Math.min(announcement.intervalMs, INTERVAL_MAX_MS),
    );
    worker.liveUntilMs = nowMs + lifeMs;
    this.#admit(worker);
    worker.slots.reconcile(announcement.active, nowMs);
    for (const { jobId, lease } of announcement.active) worker.trust.listed(leaseKey(jobId, lease), nowMs);
    if (known === undefined) return { worker, kind: "joined" };
    if (isRestarted) return { worker, kind: "restarted" };
    return { worker, kind: describe(worker) === before ? "unchanged" : "changed" };
  }

  /** Removes a worker that said good-bye; undefined if it was not known. */
  leave(workerId: string): Worker | undefined {
    const worker = this.#workers.get(workerId);
    if (worker === undefined) return undefined;
    this.#workers.delete(workerId);
    for (const model of worker.admitted.keys()) this.#removeServer(model, worker);
    this.#park(workerId, worker.breaker);
    this.#trusts.set(workerId, worker.trust);
    return worker;
  }

  /** Removes a worker that may have no jobs now. When it may again, it has to do one first. */
  shutOut(workerId: string, nowMs: number): Worker | undefined {
    this.#workers.get(workerId)?.breaker.suspect(nowMs);
    return this.leave(workerId);
  }

  /** The worker's standing may be another now; undefined if nothing follows from that for it. */
  reclassify(workerId: string): Worker | undefined {
    const worker = this.#workers.get(workerId);
    const isQuarantined = this.isQuarantined(workerId);
    if (worker === undefined || worker.isQuarantined === isQuarantined) return undefined;
    worker.isQuarantined = isQuarantined;
    this.#admit(worker);
    return worker;
  }

  /** Removes the workers that have been silent for too long; each counts as one failure of its. */
  expire(nowMs: number): Worker[] {
    const gone = [...this.#workers.values()].filter((worker) => worker.liveUntilMs <= nowMs);
    for (const worker of gone) {
      this.judge(worker.workerId, "lost", nowMs);
      this.leave(worker.workerId);
    }
    return gone;
  }

  /** Nobody could be heard for a while (the router was cut off): every worker gets time to be heard again. */
  extendLives(nowMs: number): void {
    for (const worker of this.#workers.values()) {
      worker.liveUntilMs = Math.max(worker.liveUntilMs, nowMs + LIVE_MIN_MS);
    }
  }

  /** The model's catalogue entry came, changed or went. Returns the workers whose admission changed. */
  readmit(model: string): Worker[] {
    const affected = [...this.#workers.values()].filter((worker) => worker.announced.has(model));
    return affected.filter((worker) => {
      const was = worker.admitted.has(model);
      this.#admit(worker);
      return worker.admitted.has(model) !== was;
    });
  }

  /**
   * Workers whose breaker is open, at most {@link BLOCKED_MAX}. It is asked for with every job, so it is up to
   * {@link BLOCKED_AGE_MS} old; that a breaker has opened shows at once.
   */
  blocked(nowMs: number): readonly string[] {
    if (nowMs - this.#blocked.atMs >= BLOCKED_AGE_MS) {
      const ids: string[] = [];
      for (const worker of this.#workers.values()) {
        if (ids.length < BLOCKED_MAX && worker.breaker.state(nowMs) === "open") ids.push(worker.workerId);
      }
      this.#blocked = { atMs: nowMs, ids };
    }
    return this.#blocked.ids;
  }

  /**
   * Tells a worker's breaker how a lease ended; true if that opened it. A worker that has gone has one, too: to leave
   * before it is told of makes nothing undone.
   */
  judge(workerId: string, outcome: LeaseOutcome, nowMs: number, lease?: string): boolean {
    const worker = this.#workers.get(workerId);
    const breaker = worker?.breaker ?? this.#parkedBreakers.get(workerId) ?? new Breaker(this.limits);
    if (outcome === "succeeded") this.trustOf(workerId).succeed();
    const isAnother = outcome === "lost" && this.trustOf(workerId).lose(lease, worker?.slots.granted ?? 0);
    const hasOpened = tell(breaker, isAnother ? "failed" : outcome, nowMs);
    if (worker === undefined) this.#park(workerId, breaker);
    else worker.isSuspect ||= outcome === "lost";
    if (hasOpened) this.#blocked = NOT_ASKED;
    return hasOpened;
  }

  /** That of a live worker is its own: however many others come and go, it is not forgotten. */
  trustOf(workerId: string): Trust {
    const known = this.#workers.get(workerId)?.trust ?? this.#trusts.get(workerId);
    if (known !== undefined) return known;
    const fresh = new Trust();
    this.#trusts.set(workerId, fresh);
    return fresh;
  }

  /** A bridged worker whose breaker is closed begins on probation: one job at a time, until it has done one. */
  #breakerOf({ workerId, isBridged }: Announcement, nowMs: number): Breaker {
    const breaker = this.#parkedBreakers.get(workerId) ?? new Breaker(this.limits);
    if (isBridged && breaker.state(nowMs) === "closed") breaker.beginProbation(nowMs);
    return breaker;
  }

  #park(workerId: string, breaker: Breaker): void {
    if (breaker.isClean) this.#parkedBreakers.delete(workerId);
    else this.#parkedBreakers.set(workerId, breaker);
  }

  #admit(worker: Worker): void {
    for (const model of worker.admitted.keys()) this.#removeServer(model, worker);
    worker.admitted.clear();
    for (const [model, served] of worker.announced) {
      if (!fitsPin(served, this.pinOf(model))) continue;
      worker.admitted.set(model, served);
      if (worker.state === WorkerState.READY) this.#addServer(model, worker);
    }
  }

  #addServer(model: string, worker: Worker): void {
    const index = worker.isQuarantined ? this.#quarantined : this.#servers;
    const servers = index.get(model);
    if (servers === undefined) index.set(model, new Set([worker]));
    else servers.add(worker);
  }

  #removeServer(model: string, worker: Worker): void {
    for (const index of [this.#servers, this.#quarantined]) {
      const servers = index.get(model);
      servers?.delete(worker);
      if (servers?.size === 0) index.delete(model);
    }
  }
}

/** What a snapshot of the worker is made of, as one comparable string. */
function describe(worker: Worker): string {
  const models = [...worker.admitted].map(([name, { digest, loaded }]) => `${name} ${digest} ${loaded}`);
  const { state, slotCount, hardware, engine, isQuarantined } = worker;
  return `${state} ${slotCount} ${hardware} ${engine} ${isQuarantined} ${models.join(",")}`;
}

/** Tells a breaker how a lease ended. True if that opened it. */
function tell(breaker: Breaker, outcome: LeaseOutcome, nowMs: number): boolean {
  if (outcome === "lost") return breaker.lose(nowMs);
  if (outcome === "failed") return breaker.fail(nowMs);
  breaker.succeed(nowMs);
  return false;
}
