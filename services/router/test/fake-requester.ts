import { call, delay, type Mesh } from "@flock/mesh";
import { encode, PROTOCOL_VERSION, SUBJECTS } from "@flock/proto";
import { Claim, ClaimRefusal, ClaimReply, Outcome, WorkerReport } from "@flock/proto/jobs";
import { JobFinished, JobUpdates, ROUTER, type RouteReply, RouteRequest } from "@flock/proto/router";
import { DIGEST } from "./fake-worker.js";
import { connectForTest } from "./router-under-test.js";

const RENEW_MS = 200;
const REDELIVER: ReadonlySet<ClaimRefusal> = new Set([
  ClaimRefusal.DECLINED,
  ClaimRefusal.EXCLUDED,
  ClaimRefusal.WRONG_MODEL,
]);

/** A job as the fake requester sees it. */
export interface FakeJob {
  readonly jobId: string;
  request: RouteRequest;
  routerId: string;
  state: "waiting" | "leased" | "ended";
  lease: number;
  workerId: string;
  /** Number of its leases' order among all leases of the requester. */
  startOrder: number;
  grantedAtMs: number;
  claims: Claim[];
  /** Workers whose engines have failed it. */
  failedWorkerIds: string[];
  outcome: Outcome;
  refusal: { code: string; message: string; retryAfterMs: number } | undefined;
}

export interface FakeRequesterOptions {
  readonly requesterId: string;
  /** Default true: waiting jobs are renewed, and routed again when the router does not know them. */
  readonly renews?: boolean;
  /** The text of a `.creds` file; default: none. */
  readonly credentials?: string;
}

/**
 * A fake requester, held to the same contract as the real one: it speaks the job protocol on the wire, for jobs
 * without a prompt, and checks no receipts. Workers that it excludes stay excluded.
 */
export class FakeRequester {
  readonly jobs = new Map<string, FakeJob>();
  /**
   * Called for each claim, before it is answered; what it returns is granted or refused instead of the usual answer.
   */
  onClaim: (claim: Claim, job: FakeJob | undefined) => ClaimRefusal | "grant" | undefined = () => undefined;
  readonly #stop = new AbortController();
  #starts = 0;
  #jobsMade = 0;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(
    readonly mesh: Mesh,
    readonly options: FakeRequesterOptions,
  ) {}

  static async start(natsUrl: string, options: FakeRequesterOptions): Promise<FakeRequester> {
    const { credentials } = options;
    const access = credentials === undefined ? {} : { credentials: () => credentials };
    const requester = new FakeRequester(await connectForTest(natsUrl, "requester", access), options);
    requester.#listen();
    if (options.renews !== false) requester.#renewing = requester.#renew();
    return requester;
  }

  /** Routes a new job; refusals are in `job.refusal`. */
  async route(changes: Partial<RouteRequest> = {}): Promise<{ job: FakeJob; reply: RouteReply }> {
    this.#jobsMade += 1;
    const request = RouteRequest.fromPartial({
      version: PROTOCOL_VERSION,
      jobId: `${this.options.requesterId}-${this.#jobsMade}`,
      requesterId: this.options.requesterId,
      accountId: "account",
      model: "llama3",
      promptBytes: 100,
      completionTokensMax: 100,
      deadlineUnixMs: Date.now() + 60_000,
      ...changes,
    });
    const job: FakeJob = {
      jobId: request.jobId,
      request,
      routerId: "",
      state: "waiting",
      lease: 0,
      workerId: "",
      startOrder: 0,
      grantedAtMs: 0,
      claims: [],
      failedWorkerIds: [],
      outcome: Outcome.UNSPECIFIED,
      refusal: undefined,
    };
    this.jobs.set(job.jobId, job);
    return { job, reply: await this.routeAgain(job) };
  }

  async routeAgain(job: FakeJob, changes: Partial<RouteRequest> = {}): Promise<RouteReply> {
    job.request = { ...job.request, ...changes };
    const reply = await call(this.mesh, ROUTER.route, job.request, { timeoutMs: 1_000 });
    if (reply.result?.$case === "accepted") job.routerId = reply.result.value.routerId;
    else if (reply.result?.$case === "refused") {
      job.refusal = reply.result.value;
      job.state = "ended";
    }
    return reply;
  }

  update(changes: Partial<JobUpdates>): void {
    const updates = JobUpdates.fromPartial({
      version: PROTOCOL_VERSION,
      requesterId: this.options.requesterId,
      ...changes,
    });
    this.mesh.nats.publish(SUBJECTS.jobUpdates, encode(JobUpdates, updates));
  }

  /** Ends the job's lease, or gives a waiting job up. */
  end(job: FakeJob, outcome: Outcome, lost = false): void {
    const { jobId, workerId } = job;
    const lease = job.state === "leased" ? job.lease : 0;
    const failed = job.failedWorkerIds.filter((id) => id !== workerId);
    const failedWorkerIds = outcome === Outcome.COMPLETED ? failed : [];
    job.state = "ended";
    job.outcome = outcome;
    const ended = { jobId, lease, workerId: lease > 0 ? workerId : "", outcome, lost, failedWorkerIds };
    const serviceMs = lease > 0 ? Math.round(performance.now() - job.grantedAtMs) : 0;
    this.update({ finished: [JobFinished.fromPartial({ ...ended, serviceMs })] });
  }

  /** The job's worker failed it: the lease ends, and the job is routed again without that worker. */
  async resume(job: FakeJob, lost: boolean): Promise<RouteReply> {
    const failed = job.workerId;
    this.end(job, Outcome.FAILED, lost);
    job.state = "waiting";
    return this.routeAgain(job, { excludedWorkerIds: [failed], resumed: true });
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    await this.mesh.nats.close();
  }

  #listen(): void {
    this.mesh.nats.subscribe(SUBJECTS.claimsOf(this.options.requesterId), {
      callback: (_, msg) => {
        const claim = Claim.decode(msg.data);
        if (claim.workerId !== SUBJECTS.workerOf(msg.subject)) return;
        const job = this.jobs.get(claim.jobId);
        job?.claims.push(claim);
        const decision = this.onClaim(claim, job) ?? this.#decide(claim, job);
        msg.respond(encode(ClaimReply, this.#answer(claim, job, decision)));
      },
    });
    this.mesh.nats.subscribe(SUBJECTS.reportsOf(this.options.requesterId), {
      callback: (_, msg) => {
        const workerId = SUBJECTS.workerOf(msg.subject);
        for (const { jobId, lease, outcome } of WorkerReport.decode(msg.data).finals) {
          const job = this.jobs.get(jobId);
          if (job?.state !== "leased" || job.lease !== lease || job.workerId !== workerId) continue;
          if (outcome === Outcome.FAILED || outcome === Outcome.RETURNED) this.#goOn(job, outcome);
          else this.end(job, outcome);
        }
      },
    });
  }

  /** The job goes on with another worker. Whose fault a failure was shows when the job is completed. */
  #goOn(job: FakeJob, outcome: Outcome): void {
    const { workerId } = job;
    if (outcome === Outcome.FAILED) job.failedWorkerIds.push(workerId);
    this.end(job, Outcome.RETURNED);
    job.state = "waiting";
    const excludedWorkerIds = [...job.request.excludedWorkerIds, workerId];
    // What is not answered is routed again with the next renewal.
    this.routeAgain(job, { excludedWorkerIds }).catch(() => {});
  }

  #decide(claim: Claim, job: FakeJob | undefined): ClaimRefusal | "grant" {
    if (claim.declined) return ClaimRefusal.DECLINED;
    if (job === undefined || job.state === "ended") return ClaimRefusal.UNKNOWN_JOB;
    if (claim.modelDigest !== DIGEST) return ClaimRefusal.WRONG_MODEL;
    const { excludedWorkerIds, barredWorkerIds, onlyWorkerId } = job.request;
    const isExcluded =
      [...excludedWorkerIds, ...barredWorkerIds].includes(claim.workerId) ||
      !["", claim.workerId].includes(onlyWorkerId);
    if (isExcluded) return ClaimRefusal.EXCLUDED;
    return job.state === "leased" ? ClaimRefusal.ALREADY_LEASED : "grant";
  }

  #answer(claim: Claim, job: FakeJob | undefined, decision: ClaimRefusal | "grant"): ClaimReply {
    const { jobId, workerId, ackSubject } = claim;
    if (decision !== "grant" || job === undefined) {
      const refusal = decision === "grant" ? ClaimRefusal.UNKNOWN_JOB : decision;
      const redeliver = REDELIVER.has(refusal);
      this.update({ retired: [{ jobId, ackSubject, redeliver, workerId }] });
      return { version: PROTOCOL_VERSION, result: { $case: "refusal", value: refusal } };
    }
    this.#starts += 1;
    job.state = "leased";
    job.lease += 1;
    job.workerId = workerId;
    job.startOrder = this.#starts;
    job.grantedAtMs = performance.now();
    this.update({ granted: [{ jobId, lease: job.lease, workerId, ackSubject, traceparent: "" }] });
    const value = { jobId, lease: job.lease, workBytesTotal: 0, work: undefined, traceparent: "" };
    return { version: PROTOCOL_VERSION, result: { $case: "grant", value } };
  }

  async #renew(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await delay(RENEW_MS, this.#stop.signal);
      const waiting = [...this.jobs.values()].filter((job) => job.state === "waiting");
      for (const routerId of new Set(waiting.map((job) => job.routerId))) {
        const mine = waiting.filter((job) => job.routerId === routerId);
        await this.#renewWith(routerId, mine).catch(() => {});
      }
    }
  }

  async #renewWith(routerId: string, jobs: readonly FakeJob[]): Promise<void> {
    const { requesterId } = this.options;
    const request = { version: PROTOCOL_VERSION, requesterId, jobIds: jobs.map((job) => job.jobId) };
    const options = { instance: routerId, timeoutMs: 500 };
    const reply = await call(this.mesh, ROUTER.renew, request, options).catch(() => undefined);
    for (const job of jobs) {
      if (job.state !== "waiting") continue;
      const refused = reply?.refused.find(({ jobId }) => jobId === job.jobId);
      if (refused !== undefined) {
        job.refusal = refused.refusal;
        job.state = "ended";
      } else if (reply === undefined || reply.unknownJobIds.includes(job.jobId)) {
        await this.routeAgain(job);
      }
    }
  }
}
