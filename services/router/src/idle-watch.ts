import { type Clock, delay, type Mesh, type Part, type ShutOutView } from "@flock/mesh";
import type { NoJobReason } from "@flock/proto/router";
import { WorkerState } from "@flock/proto/workers";
import { LRUCache } from "lru-cache";
import { reasonName, type WorkerMoment, whyNoJob } from "./domain/no-job.js";
import { NoJobMinutes } from "./domain/no-job-minutes.js";
import type { Registry } from "./domain/registry.js";
import type { Scheduler } from "./domain/scheduler.js";
import { Takers } from "./domain/takers.js";
import type { Worker } from "./domain/worker.js";
import type { RouterMetrics } from "./metrics.js";

const SECOND_MS = 1_000;
/** A worker that is shut out counts as here for so long after it was heard: no registry follows its heartbeats. */
const SHUT_OUT_LIFE_MS = 10_000;

export interface IdleWatchParts {
  readonly mesh: Pick<Mesh, "isConnected">;
  readonly registry: Pick<Registry, "workers">;
  readonly scheduler: Pick<Scheduler, "queuedFor">;
  readonly shutOut: Pick<ShutOutView, "isBanned" | "isConvicted" | "cutOffForMs">;
  readonly clock: Clock;
  readonly metrics: Pick<RouterMetrics, "countNoJob">;
  /** Workers that are remembered. */
  readonly workersMax: number;
}

/** What is remembered of a worker, also when it has gone. */
interface Memory {
  readonly minutes: NoJobMinutes;
  heardMs: number;
}

/** What is told of how a worker fares. */
export interface Idleness {
  /** Undefined: never, as far as is remembered. */
  readonly heardUnixMs: number | undefined;
  /** Seconds of the last hour, by reason. */
  readonly noJob: ReadonlyMap<NoJobReason, number>;
}

/**
 * Looks once a second at each worker why a free slot of it got no job, and remembers the last hour. Each router knows
 * of the jobs that it has routed itself; of several, each has a fair sample.
 */
export class IdleWatch implements Part {
  readonly name = "idle watch";
  readonly #parts: IdleWatchParts;
  readonly #takers = new Takers();
  /** Of this look. */
  readonly #counts = new Map<NoJobReason, number>();
  readonly #memories: LRUCache<string, Memory>;
  /** When workers that are shut out were heard. */
  readonly #shutOut: LRUCache<string, number>;

  constructor(parts: IdleWatchParts) {
    this.#parts = parts;
    this.#memories = new LRUCache({ max: 2 * parts.workersMax });
    this.#shutOut = new LRUCache({ max: parts.workersMax });
  }

  /** A worker was granted a job of the model. */
  took(model: string, workerId: string): void {
    this.#takers.took(model, workerId);
  }

  /** A worker that is shut out was heard. */
  heardShutOut(workerId: string): void {
    this.#shutOut.set(workerId, this.#parts.clock.nowMs());
  }

  idlenessOf(workerId: string): Idleness {
    const { clock } = this.#parts;
    const memory = this.#memories.get(workerId);
    if (memory === undefined) return { heardUnixMs: undefined, noJob: new Map() };
    const nowMs = clock.nowMs();
    return { heardUnixMs: clock.unixMs() - nowMs + memory.heardMs, noJob: memory.minutes.totals(nowMs) };
  }

  async start(stop: AbortSignal): Promise<void> {
    const { mesh, clock } = this.#parts;
    for (let nextMs = clock.nowMs() + SECOND_MS; !stop.aborted; nextMs += SECOND_MS) {
      await delay(nextMs - clock.nowMs(), stop);
      if (stop.aborted) return;
      // Cut off, a router knows neither who is here nor what is wanted.
      if (mesh.isConnected()) this.look();
      // After a freeze: what was not looked at is not counted.
      nextMs = Math.max(nextMs, clock.nowMs() - SECOND_MS);
    }
  }

  /** Counts one second of each worker. */
  look(): void {
    const { registry, clock } = this.#parts;
    const nowMs = clock.nowMs();
    for (const worker of registry.workers) {
      const memory = this.#remember(worker.workerId, worker.heardMs);
      this.#count(memory, this.#momentOf(worker, nowMs), nowMs);
    }
    for (const [workerId, heardMs] of this.#shutOut) {
      if (nowMs - heardMs > SHUT_OUT_LIFE_MS) this.#shutOut.delete(workerId);
      else this.#count(this.#remember(workerId, heardMs), this.#shutOutMoment(workerId), nowMs);
    }
    this.#takers.clear();
    for (const [reason, seconds] of this.#counts) this.#parts.metrics.countNoJob(reasonName(reason), seconds);
    this.#counts.clear();
  }

  #remember(workerId: string, heardMs: number): Memory {
    const known = this.#memories.get(workerId);
    const memory = known ?? { minutes: new NoJobMinutes(), heardMs };
    if (known === undefined) this.#memories.set(workerId, memory);
    memory.heardMs = heardMs;
    return memory;
  }

  #count({ minutes }: Memory, moment: WorkerMoment, nowMs: number): void {
    const reason = whyNoJob(moment);
    if (reason === undefined) return;
    minutes.add(reason, nowMs);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** (A whole literal: an object that is spread and then added to takes ten times as long to make.) */
  #momentOf(worker: Worker, nowMs: number): WorkerMoment {
    const { slots, slotCount, admitted, state, isQuarantined } = worker;
    return {
      isBanned: false,
      isConvicted: false,
      isCutOff: false,
      isQuarantined,
      state,
      freeSlots: slotCount - slots.taken,
      isAdmitted: admitted.size > 0,
      isHeldOff: worker.isSuspect || worker.breaker.state(nowMs) === "open",
      hasDemand: this.#hasDemand(worker),
      mayHaveMore: worker.hasFreeSlot(nowMs),
    };
  }

  #hasDemand({ workerId, admitted }: Worker): boolean {
    const { scheduler } = this.#parts;
    for (const model of admitted.keys())
      if (scheduler.queuedFor(model) > 0 || this.#takers.isTakenByOther(model, workerId)) return true;
    return false;
  }

  /** It is not known what it has: whoever pulls has a free slot. */
  #shutOutMoment(workerId: string): WorkerMoment {
    const { shutOut } = this.#parts;
    const isBanned = shutOut.isBanned(workerId);
    const isConvicted = shutOut.isConvicted(workerId);
    const isCutOff = shutOut.cutOffForMs(workerId) > 0;
    // None of these, any more: its next heartbeat brings it back.
    const freeSlots = isBanned || isConvicted || isCutOff ? 1 : 0;
    return { ...UNKNOWN, isBanned, isConvicted, isCutOff, freeSlots };
  }
}

const UNKNOWN = {
  isQuarantined: false,
  state: WorkerState.UNSPECIFIED,
  isAdmitted: false,
  isHeldOff: false,
  hasDemand: false,
  mayHaveMore: false,
};
