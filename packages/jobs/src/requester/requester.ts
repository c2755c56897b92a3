import { FlockError } from "@flock/errors";
import type { MeshSigner } from "@flock/keys";
import {
  type Clock,
  delay,
  type EventPublisher,
  type Mesh,
  type Part,
  ShutOutView,
  systemClock,
} from "@flock/mesh";
import { traceIdOf } from "@flock/observability";
import { isSubjectToken } from "@flock/proto";
import { Offence } from "@flock/proto/workers";
import { ActiveJob } from "./active-job.js";
import { checkBegunText } from "./begun-text.js";
import { ClaimDesk } from "./claim-desk.js";
import { Complaints } from "./complaints.js";
import { DeadLeases } from "./dead-leases.js";
import { EXCLUDED_WORKERS_MAX, type JobHandle, type JobSink, type JobSpec } from "./job.js";
import { JobEnds } from "./job-ends.js";
import type { JobNote, JobPort } from "./job-port.js";
import type { EndedJob } from "./job-result.js";
import { REQUESTER_DEFAULTS, type RequesterOptions } from "./options.js";
import { firstHoldOf, holdOf, isHeldFirst } from "./payer.js";
import { ReportDesk } from "./report-desk.js";
import { RequesterAddresses, randomName } from "./requester-addresses.js";
import { RequesterMetrics } from "./requester-metrics.js";
import { RouterLink } from "./router-link.js";
import { Routing } from "./routing.js";
import { tellEnd } from "./settlement.js";
import { WorkerLink } from "./worker-link.js";

const TICK_MS = 100;
const RENEW_INTERVAL_MS = 1_000;
/** A tick this late means that this process did not run: what workers sent meanwhile is still unread. */
const LATE_TICK_MS = 500;
/** How long after a reconnection lost messages are blamed on NATS, not on workers. */
const RECONNECT_GRACE_MS = 5_000;

export interface RequesterConnections {
  readonly mesh: Mesh;
  /**
   * A connection of its own for what workers send: on one connection the answers of router and ledger would wait behind
   * the tokens of every running stream.
   */
  readonly reports: Mesh;
  /** Signs what it tells workers. */
  readonly signer: MeshSigner;
  /** Says when leases are lost and deadlines are over; default: this machine's. */
  readonly clock?: Clock;
}

/**
 * The side of the job protocol that owns jobs: has them routed, grants leases, puts the answer together from whatever
 * workers produce it, and tells the ledger. The same for every service that wants something run. This is what connects
 * its jobs ({@link ActiveJob}) with workers, routers, ledger and time. See ARCHITECTURE.md, "Job protocol".
 */
export class Requester implements Part {
  readonly name = "requester";
  readonly #clock: Clock;
  readonly #mesh: Mesh;
  readonly #ends: JobEnds;
  readonly #options: RequesterOptions;
  readonly #router: RouterLink;
  readonly #routing: Routing;
  readonly #workers: WorkerLink;
  readonly #addresses: RequesterAddresses;
  readonly #metrics: RequesterMetrics;
  readonly #shutOut: ShutOutView;
  readonly #complaints: Complaints;
  readonly #dead = new DeadLeases();
  /** Until the ledger was told of them. */
  readonly #jobs = new Map<string, ActiveJob>();
  readonly #port: JobPort<ActiveJob> = {
    isBlameless: (nowMs) => nowMs - this.#reconnectedAtMs < RECONNECT_GRACE_MS,
    route: (job) => void this.#routing.route(job),
    stop: ({ workerId, spec, lease }) => this.#workers.cancel(workerId, { jobId: spec.jobId, lease }),
    finished: ({ requesterId }, update) => this.#router.finished(requesterId, update),
    ended: (job, end) => this.#onEnded(job, end),
    noted: (job, note) => this.#onNoted(job, note),
  };
  #reconnectedAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    { mesh, reports, signer, clock = systemClock }: RequesterConnections,
    events: EventPublisher,
    options: Partial<RequesterOptions> = {},
  ) {
    this.#clock = clock;
    this.#mesh = mesh;
    this.#options = { ...REQUESTER_DEFAULTS, ...options };
    this.#metrics = new RequesterMetrics(mesh.meter);
    // The ledger knows this process by a name that no worker hears.
    this.#ends = new JobEnds(events, randomName());
    this.#router = new RouterLink(mesh);
    const find = (jobId: string): ActiveJob | undefined => this.#jobs.get(jobId);
    this.#routing = new Routing({ router: this.#router, clock, find });
    this.#workers = new WorkerLink(mesh, signer);
    this.#complaints = new Complaints(mesh);
    this.#shutOut = new ShutOutView({ mesh, clock, onShutOut: (workerId) => this.#takeFrom(workerId) });
    const isShutOut = (workerId: string): boolean => this.#shutOut.has(workerId);
    const judging = { complaints: this.#complaints, isShutOut, clock, find };
    const onGranted = (job: ActiveJob, waitedMs: number): void => {
      this.#metrics.granted(waitedMs);
      if (firstHoldOf(job.spec.payer) === "unasked" && job.workerIds.length === 1) void this.#hold(job);
    };
    const claims = new ClaimDesk({ mesh, router: this.#router, onGranted, ...judging });
    const reported = new ReportDesk({ mesh: reports, workers: this.#workers, dead: this.#dead, ...judging });
    this.#addresses = new RequesterAddresses((address) => {
      const closings = [claims.listen(address), reported.listen(address)];
      return () => {
        for (const close of closings) close();
      };
    }, clock.nowMs());
    const onReconnect = (): void => {
      this.#reconnectedAtMs = this.#clock.nowMs();
      this.#postponeTimeouts(this.#reconnectedAtMs);
    };
    mesh.onReconnect(onReconnect);
    if (reports !== mesh) reports.onReconnect(onReconnect);
  }

  /** The name that the ends of its jobs are told under (`InferenceCompleted.requester_id`). No worker hears it. */
  get eventName(): string {
    return this.#ends.requesterId;
  }

  /**
   * Begins a job. The sink hears of everything else.
   * @throws FlockError `invalid_argument` if the workers that it names are too many or cannot be any, or if nothing can
   *   go on behind the text that it resumes from.
   */
  submit(spec: JobSpec, sink: JobSink): JobHandle {
    checkWorkersOf(spec);
    checkBegunText(spec.operation, spec.resumeFrom);
    const clock = this.#clock;
    const job = new ActiveJob({
      spec,
      sink,
      port: this.#port,
      limits: this.#options,
      requesterId: this.#addresses.take(),
      nowMs: clock.nowMs(),
      unixMs: clock.unixMs(),
    });
    this.#jobs.set(spec.jobId, job);
    if (!isHeldFirst(spec.payer)) void this.#routing.route(job);
    if (firstHoldOf(spec.payer) !== "unasked") void this.#hold(job);
    return {
      jobId: spec.jobId,
      progress: () => job.progress(clock.nowMs()),
      cancel: () => job.decide({ outcome: "cancelled", doneReason: "" }, clock.nowMs()),
      fail: (error, { isFree = false } = {}) =>
        job.decide({ outcome: "failed", doneReason: "", error, isFree }, clock.nowMs()),
    };
  }

  notReady(): string | undefined {
    return this.#shutOut.notReady();
  }

  async start(stop: AbortSignal): Promise<void> {
    const followed = new AbortController();
    const following = this.#shutOut.start(followed.signal);
    const closeAddresses = this.#addresses.open();
    let nextRenewalMs = 0;
    let expectedMs = this.#clock.nowMs() + TICK_MS;
    // Drains on stop: whoever submits has stopped doing so, and every job has its own deadline.
    while (!stop.aborted || this.#jobs.size > 0) {
      await delay(TICK_MS, stop.aborted ? undefined : stop);
      const nowMs = this.#clock.nowMs();
      if (nowMs - expectedMs > LATE_TICK_MS) this.#postponeTimeouts(nowMs);
      expectedMs = nowMs + TICK_MS;
      this.#look(nowMs);
      this.#addresses.tick(nowMs);
      this.#sayAlive(nowMs);
      if (nowMs >= nextRenewalMs) {
        nextRenewalMs = nowMs + RENEW_INTERVAL_MS;
        this.#workers.forgetTold();
        void this.#routing.renew(this.#jobs.values());
      }
    }
    closeAddresses();
    this.#complaints.flush();
    this.#router.flush();
    followed.abort();
    await Promise.all([following, this.#ends.flush()]);
  }

  async #hold(job: ActiveJob): Promise<void> {
    const hold = holdOf(job.spec.payer);
    if (hold !== undefined) {
      try {
        job.holdGranted(await hold(), this.#clock.nowMs());
      } catch (thrown) {
        const error = FlockError.from(thrown);
        // Only a definite answer says that there is no hold; after anything else the end of the job is told to the
        // ledger.
        const isRefused = error.code === "insufficient_funds" || error.code === "invalid_argument";
        return job.holdRefused(isRefused ? "refused" : "uncertain", error, this.#clock.nowMs());
      }
    }
    if (isHeldFirst(job.spec.payer) && job.phase === "waiting") void this.#routing.route(job);
  }

  #look(nowMs: number): void {
    // While NATS is away nobody can report; the clocks start again when it is back.
    const moment = { nowMs, unixMs: this.#clock.unixMs(), canJudge: this.#mesh.isConnected() };
    for (const job of this.#jobs.values()) job.look(moment);
  }

  #onEnded(job: ActiveJob, end: EndedJob): void {
    this.#jobs.delete(job.spec.jobId);
    this.#dead.ended(job);
    this.#addresses.giveBack(job.requesterId, this.#clock.nowMs());
    this.#metrics.jobEnded(end.result);
    if (this.#mesh.logger.isLevelEnabled("debug"))
      this.#mesh.logger.debug({ ...factsOf(job), outcome: end.result.outcome }, "job ended");
    tellEnd(this.#ends, job, end, this.#clock.unixMs());
  }

  #onNoted(job: ActiveJob, note: JobNote): void {
    const about = { ...factsOf(job), workerId: job.workerId };
    const { logger } = this.#mesh;
    switch (note.kind) {
      case "lease_ended": {
        this.#metrics.leaseEnded(note.isBlameless ? "disconnected" : note.how);
        if (note.how === "unreadable") this.#complaints.offence(job.workerId, Offence.UNREADABLE);
        return logger.warn({ ...about, how: note.how }, "lease ended before its job");
      }
      // In what words, only the client is told: an engine may quote the prompt.
      case "engine_failed":
        return logger.warn({ ...about, isEngineAnswer: note.isEngineAnswer }, "worker failed a job");
      case "foreign_receipt":
        this.#complaints.offence(job.workerId, Offence.FORGED_RECEIPT);
        return this.#mesh.dropped.drop("final", "receipt_mismatch", about);
    }
  }

  /** Whatever the worker runs goes on elsewhere. */
  #takeFrom(workerId: string): void {
    const nowMs = this.#clock.nowMs();
    for (const job of [...this.#jobs.values()])
      if (job.workerId === workerId) job.takeFrom("shut_out", nowMs);
  }

  /** To the workers of the leases of each address, once in a second. */
  #sayAlive(nowMs: number): void {
    const due = this.#addresses.dueAlive(nowMs);
    if (due.size === 0) return;
    const workersOf = new Map<string, Set<string>>();
    for (const { hasLease, requesterId, workerId } of this.#jobs.values()) {
      if (!hasLease || !due.has(requesterId)) continue;
      const workers = workersOf.get(requesterId);
      if (workers === undefined) workersOf.set(requesterId, new Set([workerId]));
      else workers.add(workerId);
    }
    for (const [requesterId, workerIds] of workersOf) this.#workers.sayAlive(requesterId, workerIds);
  }

  /** After a time in which nothing could be heard, everyone gets a full timeout again. */
  #postponeTimeouts(nowMs: number): void {
    for (const job of this.#jobs.values()) job.pardon(nowMs);
  }
}

/** Which job a log line is about. */
function factsOf({ spec, lease }: ActiveJob): { jobId: string; lease: number; traceId: string | undefined } {
  return { jobId: spec.jobId, lease, traceId: traceIdOf(spec.traceparent) };
}

function checkWorkersOf({ excludedWorkerIds = [], onlyWorkerId, preferredWorkerId }: JobSpec): void {
  if (excludedWorkerIds.length > EXCLUDED_WORKERS_MAX)
    throw new FlockError("invalid_argument", `at most ${EXCLUDED_WORKERS_MAX} workers can be excluded`);
  const named = [...excludedWorkerIds, onlyWorkerId, preferredWorkerId].filter((id) => id !== undefined);
  if (!named.every(isSubjectToken)) throw new FlockError("invalid_argument", "a worker's id is none");
}
