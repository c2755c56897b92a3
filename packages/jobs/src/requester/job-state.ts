import type { FlockError } from "@flock/errors";
import { ClaimRefusal } from "@flock/proto/jobs";
import type { JobResult } from "./job.js";
import { JobTimeline, type JobTimings } from "./job-timeline.js";
import type { RequesterOptions } from "./options.js";

export type Phase = "waiting" | "leased" | "ending" | "untold" | "ended";

/**
 * The money reserved for a job. `none`: nobody is asked for any. `unasked`: the ledger is asked when the job has its
 * first lease. `uncertain`: the ledger could not be asked in time,
 * and may have the hold or not.
 */
export type HoldState = "none" | "unasked" | "pending" | "granted" | "refused" | "uncertain";

/** How a job is meant to end, decided before its worker has confirmed. */
export interface Ending {
  readonly outcome: JobResult["outcome"];
  readonly doneReason: string;
  readonly error?: FlockError;
  /** The answer was no answer (a worker sent nonsense): nothing is charged. */
  readonly isFree?: boolean;
  /** See {@link JobResult.isUnplaced}. */
  readonly isUnplaced?: true;
}

/** What time has brought: see {@link JobState.due}. */
export type Due = "route" | "deadline" | "queued_too_long" | "silent" | "stalled" | "unconfirmed" | undefined;

/** A moment, as far as it matters to a job. */
export interface Moment {
  readonly nowMs: number;
  readonly unixMs: number;
  /** Workers can be heard at this moment. */
  readonly canJudge: boolean;
  /** The live lease has produced something. */
  readonly hasOutput: boolean;
}

/** What a job's state must know of the job. */
export interface JobStateOptions {
  /** Of the moment at which it begins. */
  readonly hold: "none" | "unasked" | "pending";
  /** It goes on behind a text that was begun elsewhere. Default false. */
  readonly isBegun?: boolean;
  /** How long it queues for its first worker. */
  readonly queueMaxMs: number;
  readonly deadlineUnixMs: number;
  readonly mayBeQuiet: boolean;
  readonly limits: RequesterOptions;
  readonly nowMs: number;
}

/**
 * Where a job stands: its phase, its hold, its lease and how it is meant to end. Pure: without clock, network and
 * timer; times come in as arguments, of one monotonic clock. One instance per job.
 *
 * | state   | event                                   | next    | effect                                             |
 * | ------- | --------------------------------------- | ------- | -------------------------------------------------- |
 * | waiting | claim by a worker that may have the job | leased  | granted, with a resume state if text was delivered |
 * | waiting | claim by another                        | waiting | refused; the ticket goes back or is retired        |
 * | waiting | the router does not know the job        | waiting | routed again                                       |
 * | waiting | the router refuses the job              | over    | the caller is told                                 |
 * | waiting | caller gone, hold refused, deadline     | over    | the caller is told                                 |
 * | waiting | no worker for as long as it may queue   | over    | the caller is told                                 |
 * | leased  | claim                                   | leased  | refused                                            |
 * | leased  | chunk with the next number              | leased  | delivered once the hold is granted                 |
 * | leased  | chunk that nobody could go on behind    | leased  | kept until the answer is whole, or the lease lost  |
 * | leased  | gap in the numbers, or silence          | waiting | routed again, without this worker for a while      |
 * | leased  | chunk or final that does not open       | waiting | the same, and the worker is always to blame        |
 * | leased  | no output for too long                  | waiting | the same, but nobody is blamed yet                 |
 * | leased  | final: failed, returned                 | waiting | the same                                           |
 * | leased  | the same for the last time              | over    | the caller is told                                 |
 * | leased  | final: failed, as another engine has    | over    | the request is refused, in their words             |
 * | leased  | final: refused                          | over    | the request is refused, in the engine's words      |
 * | leased  | final: completed                        | over    | settled                                            |
 * | leased  | final: completed, without a word        | over    | nothing is charged                                 |
 * | leased  | caller gone, token limit                | ending  | the worker is told to stop                         |
 * | leased  | hold refused, deadline, nonsense        | ending  | the same; the caller is told at once               |
 * | ending  | claim                                   | ending  | refused                                            |
 * | ending  | chunk with the next number              | ending  | counted, not delivered                             |
 * | ending  | hold refused                            | ending  | nothing is charged; an answer becomes an error     |
 * | ending  | final, caller gone or token limit       | over    | what was generated is charged, if vouched for      |
 * | ending  | final, after an error                   | over    | what was delivered is charged, if vouched for      |
 * | ending  | gap in the numbers, or no final in time | over    | nothing is charged                                 |
 * | untold  | hold granted                            | ended   | settled, and cut where the money ends              |
 * | untold  | hold refused                            | ended   | nothing is charged; the caller is told             |
 * | ended   | anything                                | ended   | refused or dropped                                 |
 *
 * `over` is `untold` while the hold is pending, and else `ended`: only then is the ledger told. `hold refused` is also
 * a hold that is uncertain. Chunks and finals of any other lease than the live one change nothing.
 *
 * Invariants: at most one lease lives; a lease's number is never used again; a job ends once.
 */
export class JobState {
  readonly #options: JobStateOptions;
  readonly #timeline: JobTimeline;
  readonly #workerIds: string[] = [];
  /** Worker -> moment until which its claims are refused. */
  readonly #excluded = new Map<string, number>();
  /** The last of them. */
  #workerId = "";
  #phase: Phase = "waiting";
  #hold: HoldState;
  #ending: Ending | undefined;
  #endingSinceMs = 0;
  #waitingSinceMs: number;
  #grantedAtMs = 0;
  #heardMs = 0;
  #outputMs = 0;
  /** When the job is to be routed (again); undefined: not at all. */
  #routeAtMs: number | undefined;
  /** A router says that it waits behind others; else it is on its way to a worker, as far as is known. */
  #isQueued = false;

  constructor(options: JobStateOptions) {
    this.#options = options;
    this.#timeline = new JobTimeline(options.nowMs);
    this.#hold = options.hold;
    this.#waitingSinceMs = options.nowMs;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get hold(): HoldState {
    return this.#hold;
  }

  /** Set from the moment that it is decided. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  get hasLease(): boolean {
    return this.#phase === "leased" || this.#phase === "ending";
  }

  /**
   * The live lease's number, or the last one's; 0: there was none. They count from 1; those of a job that goes on
   * behind a text from 2, as after a lost worker: by the number no worker can tell one from the other.
   */
  get lease(): number {
    const leases = this.#workerIds.length;
    return leases > 0 && this.#options.isBegun === true ? leases + 1 : leases;
  }

  /** Holder of the live lease, or of the last one; empty if there was none. */
  get workerId(): string {
    return this.#workerId;
  }

  /** Holders of all leases, in order. */
  get workerIds(): readonly string[] {
    return this.#workerIds;
  }

  /** Where its time has gone so far. */
  timings(nowMs: number): JobTimings {
    return this.#timeline.timings(nowMs);
  }

  /** Since when the job waits for a worker. */
  waitedMs(nowMs: number): number {
    return nowMs - this.#waitingSinceMs;
  }

  /** Since when the live lease, or the last one, was granted. */
  servedMs(nowMs: number): number {
    return nowMs - this.#grantedAtMs;
  }

  /** True if `workerId` holds the live lease numbered `lease`: whether its reports count. */
  holds(workerId: string, lease: number): boolean {
    return this.#workerId === workerId && this.lease === lease && this.hasLease;
  }

  /** Workers that failed the job and may not have it at `nowMs`. */
  excludedWorkerIds(nowMs: number): string[] {
    for (const [workerId, untilMs] of this.#excluded) if (untilMs <= nowMs) this.#excluded.delete(workerId);
    return [...this.#excluded.keys()];
  }

  isExcluded(workerId: string, nowMs: number): boolean {
    return (this.#excluded.get(workerId) ?? 0) > nowMs;
  }

  /** Why the worker may not have the job now; undefined: it may. */
  refusalOf(workerId: string, nowMs: number): ClaimRefusal | undefined {
    if (this.isExcluded(workerId, nowMs)) return ClaimRefusal.EXCLUDED;
    if (this.#phase === "leased") return ClaimRefusal.ALREADY_LEASED;
    return this.#phase === "waiting" ? undefined : ClaimRefusal.CANCELLED;
  }

  /**
   * waiting → leased, or why not (deadline, digest and breaker are looked at before). `queuedMs`: what of the wait was
   * in the router's queue, as the worker's ticket says.
   */
  claim(workerId: string, nowMs: number, queuedMs = 0): ClaimRefusal | undefined {
    const refusal = this.refusalOf(workerId, nowMs);
    if (refusal !== undefined) return refusal;
    this.#phase = "leased";
    if (this.#hold === "unasked") this.#hold = "pending";
    this.#workerIds.push(workerId);
    this.#workerId = workerId;
    this.#timeline.claimed(nowMs, queuedMs);
    this.#grantedAtMs = nowMs;
    this.#heardMs = nowMs;
    this.#outputMs = nowMs;
    this.#routeAtMs = undefined;
    return undefined;
  }

  /** The live lease's worker was heard of. */
  heard(nowMs: number): void {
    this.#heardMs = nowMs;
  }

  /** The live lease's worker has sent output. */
  produced(nowMs: number): void {
    this.#timeline.produced(nowMs);
    this.pardoned(nowMs);
  }

  /** The live lease's worker could not have been heard until now. */
  pardoned(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#outputMs = nowMs;
  }

  /** leased → waiting: the lease is over and the job is not. Its worker is excluded for a while, unless blameless. */
  release(isBlameless: boolean, nowMs: number): void {
    if (this.#phase !== "leased") throw new Error(`a job that is ${this.#phase} has no lease to release`);
    if (!isBlameless) this.#excluded.set(this.#workerId, nowMs + this.#options.limits.exclusionMs);
    this.#phase = "waiting";
    this.#waitingSinceMs = nowMs;
    this.#timeline.released(nowMs);
  }

  /** leased → ending; true if so. The first decision stands, and one about a job that is over changes nothing. */
  decide(ending: Ending, nowMs: number): boolean {
    if (this.#phase !== "leased") return false;
    this.#phase = "ending";
    this.#ending = ending;
    this.#endingSinceMs = nowMs;
    return true;
  }

  /** waiting, leased, ending → over: the job has no lease any more, and gets none. */
  finish(ending: Ending, nowMs: number): void {
    if (this.#phase === "untold" || this.#phase === "ended") throw new Error("a job ends once");
    this.#timeline.ended(nowMs);
    this.#phase = this.#hold === "pending" ? "untold" : "ended";
    this.#ending = ending;
  }

  /** untold → ended. */
  holdGranted(): void {
    this.#hold = "granted";
    if (this.#phase === "untold") this.#phase = "ended";
  }

  /** untold → ended. `refusal` takes the place of an end that was decided, and would have been paid for. */
  holdRefused(hold: "refused" | "uncertain", refusal: Ending): void {
    this.#hold = hold;
    if (this.#phase === "untold") {
      this.#phase = "ended";
      this.#ending = refusal;
    } else if (this.#phase === "ending" && this.#ending?.outcome === "completed") this.#ending = refusal;
  }

  /** The job is on its way to a router. */
  routing(): void {
    this.#routeAtMs = undefined;
  }

  /**
   * A router keeps the job since `sinceMs`. It does not offer it to excluded workers until it hears that they are not
   * any more.
   */
  routed(sinceMs: number, isQueued: boolean): void {
    this.#isQueued = isQueued;
    if (this.excludedWorkerIds(sinceMs).length > 0)
      this.#routeAtMs = sinceMs + this.#options.limits.exclusionMs;
  }

  /** Has the job routed again at `atMs`. */
  routeAt(atMs: number): void {
    this.#routeAtMs = atMs;
  }

  get #waitMaxMs(): number {
    const { queueMaxMs, limits } = this.#options;
    return this.#isQueued ? queueMaxMs : Math.max(queueMaxMs, limits.handoverMs);
  }

  /**
   * What time has brought, with nothing heard meanwhile. `silent`: its worker was not heard of. `stalled`: it was, but
   * its engine produces nothing. `unconfirmed`: it was told to stop, and did not confirm.
   */
  due({ nowMs, unixMs, canJudge, hasOutput }: Moment): Due {
    const { limits, deadlineUnixMs, mayBeQuiet } = this.#options;
    switch (this.#phase) {
      case "ending":
        return nowMs - this.#endingSinceMs > limits.cancelTimeoutMs ? "unconfirmed" : undefined;
      case "waiting":
        if (unixMs > deadlineUnixMs) return "deadline";
        if (this.lease === 0 && this.waitedMs(nowMs) > this.#waitMaxMs) return "queued_too_long";
        return this.#routeAtMs !== undefined && nowMs >= this.#routeAtMs ? "route" : undefined;
      case "leased": {
        if (unixMs > deadlineUnixMs) return "deadline";
        if (!canJudge) return undefined;
        if (nowMs - this.#heardMs > limits.progressTimeoutMs) return "silent";
        const afterOutputMs = hasOutput ? limits.stallTimeoutMs : limits.firstChunkTimeoutMs;
        const patienceMs = mayBeQuiet ? limits.quietTimeoutMs : afterOutputMs;
        return nowMs - this.#outputMs > patienceMs ? "stalled" : undefined;
      }
      case "untold":
      case "ended":
        return undefined;
    }
  }
}
