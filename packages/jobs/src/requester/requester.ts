import { FlockError } from "@flock/errors";
import { type Clock, delay, type EventPublisher, type Mesh, type Part, systemClock } from "@flock/mesh";
import { type Counter, type Histogram, traceIdOf } from "@flock/observability";
import { type Chunk, type Final, MESSAGE_BYTES_MAX, Outcome, SUBJECTS, WorkerReport } from "@flock/proto";
import { type Msg, nuid } from "@nats-io/nats-core";
import { ActiveJob, type Ending } from "./active-job.js";
import { ClaimDesk } from "./claim-desk.js";
import { chargeOf } from "./final-check.js";
import type { JobHandle, JobSink, JobSpec } from "./job.js";
import { JobEnds } from "./job-ends.js";
import { cutAt, type EndedJob, resultOf } from "./job-result.js";
import { REQUESTER_DEFAULTS, type RequesterOptions } from "./options.js";
import { RouterLink } from "./router-link.js";
import { tellEnd } from "./settlement.js";
import { WorkerLink } from "./worker-link.js";

const TICK_MS = 100;
const RENEW_INTERVAL_MS = 1_000;
/** A tick this late means that this process did not run: what workers sent meanwhile is still unread. */
const LATE_TICK_MS = 500;
/** How long after a reconnection lost messages are blamed on NATS, not on workers. */
const RECONNECT_GRACE_MS = 5_000;

/**
 * `lost`: the worker went silent. `stalled`: it reports, but its engine produces nothing. `failed`: its engine did.
 * `returned`: it gave the job back.
 */
type LeaseEnd = "lost" | "stalled" | "failed" | "returned";

export interface RequesterConnections {
  readonly mesh: Mesh;
  /**
   * A connection of its own for what workers send: on one connection the answers of router and ledger would wait behind
   * the tokens of every running stream.
   */
  readonly reports: Mesh;
  /** Says when leases are lost and deadlines are over; default: this machine's. */
  readonly clock?: Clock;
}

/**
 * The side of the job protocol that owns jobs: has them routed, grants leases, puts the answer together from whatever
 * workers produce it, and tells the ledger. The same for every service that wants something run. See ARCHITECTURE.md,
 * "Job protocol".
 */
export class Requester implements Part {
  readonly name = "requester";
  /** Token of this process in subjects. */
  readonly id = nuid.next();
  readonly #clock: Clock;
  readonly #mesh: Mesh;
  readonly #reports: Mesh;
  readonly #ends: JobEnds;
  readonly #options: RequesterOptions;
  readonly #router: RouterLink;
  readonly #workers: WorkerLink;
  readonly #claims: ClaimDesk;
  readonly #jobs = new Map<string, ActiveJob>();
  /** Jobs that ended before the ledger has answered for their hold: it is told of their end after that. */
  readonly #untold = new Map<ActiveJob, EndedJob>();
  readonly #leasesEnded: Counter;
  readonly #jobsEnded: Counter;
  readonly #waitMs: Histogram;
  #reconnectedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    { mesh, reports, clock = systemClock }: RequesterConnections,
    events: EventPublisher,
    options: Partial<RequesterOptions> = {},
  ) {
    this.#clock = clock;
    this.#mesh = mesh;
    this.#reports = reports;
    this.#ends = new JobEnds(events, this.id);
    this.#options = { ...REQUESTER_DEFAULTS, ...options };
    this.#router = new RouterLink(mesh, this.id);
    this.#workers = new WorkerLink(mesh, this.id);
    this.#claims = new ClaimDesk({
      mesh,
      requesterId: this.id,
      router: this.#router,
      find: (jobId) => this.#jobs.get(jobId),
      clock,
      onGranted: (waitedMs) => this.#waitMs.record(waitedMs),
    });
    this.#leasesEnded = mesh.meter.createCounter("requester_leases_ended", {
      description: "Leases by how they ended",
    });
    this.#jobsEnded = mesh.meter.createCounter("requester_jobs_ended", { description: "Jobs by outcome" });
    this.#waitMs = mesh.meter.createHistogram("requester_wait_ms", {
      description: "Time from routing a job to granting it, in ms",
    });
    const onReconnect = (): void => {
      this.#reconnectedAtMs = this.#clock.nowMs();
      this.#postponeTimeouts(this.#reconnectedAtMs);
    };
    mesh.onReconnect(onReconnect);
    if (reports !== mesh) reports.onReconnect(onReconnect);
  }

  get activeJobs(): number {
    return this.#jobs.size;
  }

  /** Begins a job. The sink hears of everything else. */
  submit(spec: JobSpec, sink: JobSink): JobHandle {
    const job = new ActiveJob(spec, sink, this.#clock.nowMs());
    this.#jobs.set(spec.jobId, job);
    if (spec.holdFirst) {
      void this.#hold(job).then((granted) => (granted ? this.#route(job) : undefined));
    } else {
      void this.#route(job);
      void this.#hold(job);
    }
    return {
      jobId: spec.jobId,
      cancel: () => this.#endSoon(job, { outcome: "cancelled", doneReason: "" }),
      fail: (error, { isFree = false } = {}) =>
        this.#endSoon(job, { outcome: "failed", doneReason: "", error, isFree }),
    };
  }

  async start(stop: AbortSignal): Promise<void> {
    const closeClaims = this.#claims.open();
    const reports = this.#reports.nats.subscribe(SUBJECTS.reportsOf(this.id), {
      callback: (error, msg) => {
        if (!error) this.#onReport(msg);
      },
    });
    let nextRenewalMs = 0;
    let expectedMs = this.#clock.nowMs() + TICK_MS;
    // Drains on stop: whoever submits has stopped doing so, and every job has its own deadline.
    while (!stop.aborted || this.#jobs.size + this.#untold.size > 0) {
      await delay(TICK_MS, stop.aborted ? undefined : stop);
      const nowMs = this.#clock.nowMs();
      if (nowMs - expectedMs > LATE_TICK_MS) this.#postponeTimeouts(nowMs);
      expectedMs = nowMs + TICK_MS;
      this.#checkTimeouts(nowMs);
      if (nowMs >= nextRenewalMs) {
        nextRenewalMs = nowMs + RENEW_INTERVAL_MS;
        this.#workers.forgetTold();
        this.#workers.sayAlive(this.#leaseholders());
        void this.#renew();
      }
    }
    closeClaims();
    reports.unsubscribe();
    this.#router.flush();
    await this.#ends.flush();
  }

  async #hold(job: ActiveJob): Promise<boolean> {
    if (job.spec.hold === undefined) return true;
    try {
      const { completionTokensMax } = await job.spec.hold();
      job.hold = "granted";
      job.completionTokensMax = Math.min(job.completionTokensMax, completionTokensMax);
      this.#cutUntold(job);
      this.#tellLedger(job);
      job.openGate();
      this.#endAtLimit(job);
      return true;
    } catch (thrown) {
      const error = FlockError.from(thrown);
      // Only a definite answer says that there is no hold; after anything else the end of the job is told to the
      // ledger.
      const isRefused = error.code === "insufficient_funds" || error.code === "invalid_argument";
      job.hold = isRefused ? "refused" : "uncertain";
      this.#endSoon(job, { outcome: "failed", doneReason: "", error });
      this.#refuseFinished(job, error);
      return false;
    }
  }

  /** The worker was faster than the ledger: the answer is whole, but there is not money for all of it. */
  #cutUntold(job: ActiveJob): void {
    const untold = this.#untold.get(job);
    if (untold === undefined || untold.result.completionTokens <= job.completionTokensMax) return;
    const cut = cutAt(job.completionTokensMax, untold);
    this.#untold.set(job, cut);
    job.conclude(cut.result);
  }

  /** The same, but there is no money for it at all. */
  #refuseFinished(job: ActiveJob, error: FlockError): void {
    const untold = this.#untold.get(job);
    if (untold === undefined) return;
    const result = { ...untold.result, outcome: "failed", doneReason: "", error } as const;
    job.conclude(result);
    this.#untold.set(job, { result, charge: undefined });
    this.#tellLedger(job);
  }

  /** Tells the ledger of a job that has ended, if it was not told. */
  #tellLedger(job: ActiveJob): void {
    const untold = this.#untold.get(job);
    if (untold === undefined) return;
    this.#untold.delete(job);
    tellEnd(this.#ends, job, untold.result, untold.charge);
  }

  async #route(job: ActiveJob): Promise<void> {
    job.routeAtMs = undefined;
    const startedMs = this.#clock.nowMs();
    try {
      const routed = await this.#router.route(job, startedMs);
      if (job.state.phase !== "waiting") return;
      if (routed.kind === "refused") return this.#onRouteRefused(job, routed.error);
      job.routerId = routed.routerId;
      // The router does not offer the job to excluded workers until it hears that they are not any more.
      const isExcluding = job.state.excludedWorkerIds(startedMs).length > 0;
      if (isExcluding) job.routeAtMs = startedMs + this.#options.exclusionMs;
    } catch (thrown) {
      if (job.state.phase !== "waiting") return;
      const nowMs = this.#clock.nowMs();
      if (nowMs - job.waitingSinceMs < this.#options.routerTimeoutMs) job.routeAtMs = nowMs + 2 * TICK_MS;
      else this.#endSoon(job, { outcome: "failed", doneReason: "", error: FlockError.from(thrown) });
    }
  }

  #onRouteRefused(job: ActiveJob, error: FlockError): void {
    const nowMs = this.#clock.nowMs();
    // A job that some worker had begun is not given up because none is there at this moment: one may be restarting.
    const mayWait = job.state.lease > 0 && nowMs - job.waitingSinceMs < this.#options.failoverTimeoutMs;
    if (mayWait && error.code === "unavailable") job.routeAtMs = nowMs + 5 * TICK_MS;
    else this.#endSoon(job, { outcome: "failed", doneReason: "", error });
  }

  async #renew(): Promise<void> {
    const byRouter = new Map<string, string[]>();
    for (const job of this.#jobs.values()) {
      if (job.state.phase !== "waiting" || job.routerId === undefined) continue;
      byRouter.set(job.routerId, [...(byRouter.get(job.routerId) ?? []), job.spec.jobId]);
    }
    for (const [routerId, jobIds] of byRouter) {
      const { unknown, refused } = await this.#router.renew(routerId, jobIds);
      for (const jobId of unknown) {
        const job = this.#jobs.get(jobId);
        if (job?.state.phase === "waiting") void this.#route(job);
      }
      for (const { jobId, error } of refused) {
        const job = this.#jobs.get(jobId);
        if (job?.state.phase === "waiting") this.#onRouteRefused(job, error);
      }
    }
  }

  #onReport(msg: Msg): void {
    const report = this.#mesh.dropped.decode(
      "report",
      WorkerReport,
      msg.data,
      MESSAGE_BYTES_MAX.workerReport,
    );
    if (report === undefined) return;
    const workerId = SUBJECTS.workerOf(msg.subject);
    const nowMs = this.#clock.nowMs();
    for (const chunk of report.chunks) this.#onChunk(workerId, chunk, nowMs);
    for (const final of report.finals) this.#onFinal(workerId, final, nowMs);
    for (const progress of report.progress) {
      const job = this.#liveLease(workerId, progress.jobId, progress.lease);
      if (job !== undefined) job.lastReportMs = nowMs;
    }
  }

  /** The job, if `workerId` holds its live lease; a worker that runs a dead one is told to stop. */
  #liveLease(workerId: string, jobId: string, lease: number): ActiveJob | undefined {
    const job = this.#jobs.get(jobId);
    if (job?.state.holds(workerId, lease)) return job;
    this.#workers.stopDead(workerId, jobId, lease);
    return undefined;
  }

  #onChunk(workerId: string, chunk: Chunk, nowMs: number): void {
    const job = this.#liveLease(workerId, chunk.jobId, chunk.lease);
    if (job === undefined) return;
    job.lastReportMs = nowMs;
    job.lastChunkMs = nowMs;
    this.#take(job, chunk);
  }

  #take(job: ActiveJob, chunk: Chunk): void {
    const taken = job.state.chunk(chunk);
    if (taken.kind === "gap") return this.#loseLease(job, "lost");
    if (taken.kind === "diverged") {
      const error = new FlockError(
        "aborted",
        "the worker was lost and another one could not continue its answer",
      );
      return this.#endSoon(job, { outcome: "failed", doneReason: "", error, isFree: true });
    }
    if (taken.kind === "repeated" || job.ending !== undefined) return;
    // An engine that goes on beyond the limit that it was told. What stands for no token belongs to those before.
    const { tokens } = taken.chunk;
    const isBeyond = tokens > 0 && job.state.deliveredTokens - tokens >= job.completionTokensMax;
    if (!isBeyond) job.deliver(taken.chunk);
    this.#endAtLimit(job);
  }

  #endAtLimit(job: ActiveJob): void {
    if (job.state.deliveredTokens < job.completionTokensMax || isLastByItself(job)) return;
    this.#endSoon(job, { outcome: "completed", doneReason: "length" });
  }

  #onFinal(workerId: string, final: Final, nowMs: number): void {
    const job = this.#jobs.get(final.jobId);
    if (!job?.state.holds(workerId, final.lease)) return;
    job.lastReportMs = nowMs;
    if (final.tail !== undefined) this.#take(job, final.tail);
    if (!job.state.holds(workerId, final.lease)) return;
    if (!job.state.isNext(final.seq)) return this.#loseLease(job, "lost");
    job.state.notePromptTokens(final.promptTokens);
    job.durations = final;
    if (job.ending !== undefined) return this.#finish(job, job.ending, final);
    const decidedAtMs = nowMs;
    switch (final.outcome) {
      case Outcome.COMPLETED:
        if (job.spec.acceptsEmbeddings?.(job.state.embeddingsJson) === false)
          return this.#onEngineFailure(job, "an answer that is none", false);
        return this.#finish(job, { outcome: "completed", doneReason: final.doneReason, decidedAtMs }, final);
      case Outcome.REFUSED: {
        const error = new FlockError("invalid_argument", final.error || "the model refused the request");
        return this.#finish(job, { outcome: "failed", doneReason: "", error, decidedAtMs }, final);
      }
      case Outcome.RETURNED:
      case Outcome.CANCELLED:
        return this.#loseLease(job, "returned");
      case Outcome.FAILED:
      case Outcome.UNSPECIFIED:
        return this.#onEngineFailure(job, final.error, final.isEngineAnswer);
    }
  }

  /**
   * The engine behind a worker failed at the job. Whether worker or job is at fault shows later: the worker, if another
   * one completes the job; the job, if the next engine answers with the same words.
   */
  #onEngineFailure(job: ActiveJob, reason: string, isEngineAnswer: boolean): void {
    const { workerId } = job.state;
    this.#mesh.logger.warn({ ...factsOf(job), workerId, reason }, "worker failed a job");
    const isFruitless = !job.state.hasLeaseOutput;
    const isAtFault = job.failures.note(workerId, { isFruitless, ...(isEngineAnswer ? { reason } : {}) });
    if (!isAtFault) return this.#loseLease(job, "failed");
    const error = new FlockError("invalid_argument", reason);
    this.#finish(
      job,
      { outcome: "failed", doneReason: "", error, decidedAtMs: this.#clock.nowMs() },
      undefined,
    );
  }

  /** The live lease is over, the job is not (unless it was ending, or has had its chances). */
  #loseLease(job: ActiveJob, how: LeaseEnd): void {
    const nowMs = this.#clock.nowMs();
    const { workerId, lease } = job.state;
    const isMeshFault = how === "lost" && nowMs - this.#reconnectedAtMs < RECONNECT_GRACE_MS;
    this.#leasesEnded.add(1, { how: isMeshFault ? "disconnected" : how });
    if (how === "lost" || how === "stalled") this.#workers.cancel(workerId, job.spec.jobId, lease);
    this.#mesh.logger.warn({ ...factsOf(job), workerId, lease, how }, "lease ended before its job");
    if (job.ending !== undefined) return this.#finish(job, job.ending, undefined, how === "lost");
    job.state.release(isMeshFault ? nowMs : nowMs + this.#options.exclusionMs);
    // Only a worker that went silent is known to have failed; an engine's failure is judged when the job has ended.
    const outcome = how === "lost" && !isMeshFault ? Outcome.FAILED : Outcome.RETURNED;
    this.#reportFinished(job, workerId, outcome, how);
    job.waitingSinceMs = nowMs;
    const { leasesMax, fruitlessLeasesMax } = this.#options;
    if (job.state.lease < leasesMax && job.failures.fruitless < fruitlessLeasesMax)
      return void this.#route(job);
    const error = new FlockError("aborted", "the worker failed to generate a response");
    this.#endSoon(job, { outcome: "failed", doneReason: "", error });
  }

  #reportFinished(
    job: ActiveJob,
    workerId: string,
    outcome: Outcome,
    how: LeaseEnd | "ended",
    failedWorkerIds: string[] = [],
  ): void {
    const isLeased = workerId !== "";
    this.#router.finished({
      jobId: job.spec.jobId,
      lease: isLeased ? job.state.lease : 0,
      workerId,
      outcome,
      lost: how === "lost",
      serviceMs: isLeased ? Math.round(this.#clock.nowMs() - job.grantedAtMs) : 0,
      failedWorkerIds,
      traceparent: job.spec.traceparent,
    });
  }

  /**
   * Decides how the job ends; a worker that still runs it is cancelled, and its final (or a short timeout) concludes.
   */
  #endSoon(job: ActiveJob, decision: Omit<Ending, "decidedAtMs">): void {
    if (job.state.phase === "ended" || job.ending !== undefined) return;
    const ending = { ...decision, decidedAtMs: this.#clock.nowMs() };
    if (job.state.phase === "waiting") return this.#finish(job, ending, undefined);
    job.ending = ending;
    this.#workers.cancel(job.state.workerId, job.spec.jobId, job.state.lease);
    // A caller that is owed an error gets it now; the worker's last word only matters to the ledger.
    if (ending.outcome === "failed") job.conclude(resultOf(job, ending, job.state.deliveredTokens));
  }

  #finish(job: ActiveJob, ending: Ending, final: Final | undefined, lost = false): void {
    if (job.state.phase === "ended") return;
    const wasLeased = job.state.phase === "leased";
    const chargeable = final === undefined ? undefined : chargeOf(this.id, job, final, this.#mesh.dropped);
    const charge = chargeable?.kind === "charge" && ending.isFree !== true ? chargeable.charge : undefined;
    const delivered = Math.min(job.state.deliveredTokens, job.completionTokensMax);
    const completionTokens = charge?.completionTokens ?? delivered;
    const result = resultOf(job, ending, completionTokens, charge?.bound);
    job.state.end();
    this.#jobs.delete(job.spec.jobId);
    this.#jobsEnded.add(1, { outcome: ending.outcome, code: ending.error?.code ?? "ok" });
    const isWorkersFault = lost || chargeable?.kind === "invalid";
    const outcome = isWorkersFault ? Outcome.FAILED : wasLeased ? outcomeOf(final) : Outcome.CANCELLED;
    const failedWorkerIds =
      outcome === Outcome.COMPLETED ? job.failures.workersOtherThan(job.state.workerId) : [];
    this.#reportFinished(
      job,
      wasLeased ? job.state.workerId : "",
      outcome,
      lost ? "lost" : "ended",
      failedWorkerIds,
    );
    if (this.#mesh.logger.isLevelEnabled("debug"))
      this.#mesh.logger.debug(
        { ...factsOf(job), outcome: result.outcome, leases: result.leases },
        "job ended",
      );
    this.#untold.set(job, { result, charge });
    if (job.hold !== "pending") this.#tellLedger(job);
    job.conclude(result);
  }

  #checkTimeouts(nowMs: number): void {
    // While NATS is away nobody can report; the clocks start again when it is back.
    const canJudge = this.#mesh.isConnected();
    const nowUnixMs = this.#clock.unixMs();
    for (const job of this.#jobs.values()) {
      if (job.ending !== undefined) {
        if (nowMs - job.ending.decidedAtMs > this.#options.cancelTimeoutMs) this.#loseLease(job, "lost");
      } else if (nowUnixMs > job.spec.deadlineUnixMs) {
        const error = new FlockError("deadline_exceeded", "the request took longer than its deadline allows");
        this.#endSoon(job, { outcome: "failed", doneReason: "", error });
      } else if (job.state.phase === "leased") {
        if (canJudge) this.#checkLease(job, nowMs);
      } else if (job.routeAtMs !== undefined && nowMs >= job.routeAtMs) void this.#route(job);
    }
  }

  #checkLease(job: ActiveJob, nowMs: number): void {
    const { progressTimeoutMs, firstChunkTimeoutMs, stallTimeoutMs, quietTimeoutMs } = this.#options;
    if (nowMs - job.lastReportMs > progressTimeoutMs) return this.#loseLease(job, "lost");
    const afterOutputMs = job.state.hasLeaseOutput ? stallTimeoutMs : firstChunkTimeoutMs;
    const patienceMs = job.spec.mayBeQuiet ? quietTimeoutMs : afterOutputMs;
    if (nowMs - job.lastChunkMs <= patienceMs) return;
    job.failures.note(job.state.workerId, { isFruitless: !job.state.hasLeaseOutput });
    this.#loseLease(job, "stalled");
  }

  #leaseholders(): ReadonlySet<string> {
    const leased = [...this.#jobs.values()].filter(({ state }) => state.phase === "leased");
    return new Set(leased.map(({ state }) => state.workerId));
  }

  /** After a time in which nothing could be heard, everyone gets a full timeout again. */
  #postponeTimeouts(nowMs: number): void {
    for (const job of this.#jobs.values()) job.lastReportMs = nowMs;
  }
}

/** What the router is told of a lease that ended with its job: a worker that did its part, or nothing about it. */
function outcomeOf(final: Final | undefined): Outcome {
  const isDone = final?.outcome === Outcome.COMPLETED || final?.outcome === Outcome.REFUSED;
  return isDone ? final.outcome : Outcome.CANCELLED;
}

/** Which job a log line is about. */
function factsOf({ spec }: ActiveJob): { jobId: string; traceId: string | undefined } {
  return { jobId: spec.jobId, traceId: traceIdOf(spec.traceparent) };
}

/** The worker was told the same limit (num_predict) and will end by itself, with its receipt, in this very moment. */
function isLastByItself(job: ActiveJob): boolean {
  return (
    job.completionTokensMax === job.spec.completionTokensMax &&
    job.state.deliveredTokens <= job.completionTokensMax
  );
}
