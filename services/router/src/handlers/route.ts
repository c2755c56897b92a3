import type { Clock, Handler, ParametersView } from "@flock/mesh";
import { canonicalModelName, isSubjectToken, PROTOCOL_VERSION } from "@flock/proto";
import { RouteRefused, type RouteReply, type RouteRequest } from "@flock/proto/router";
import type { CatalogueKeeper } from "../catalogue-keeper.js";
import type { Dispatcher } from "../dispatcher.js";
import { type AdmissionLimits, queueTooLong, type Refusal, refusalOf } from "../domain/admission.js";
import type { Registry } from "../domain/registry.js";
import type { Scheduler } from "../domain/scheduler.js";
import type { ServiceTimes } from "../domain/service-times.js";
import { weightOfTier } from "../domain/tier-weight.js";
import { WaitingJob } from "../domain/waiting-job.js";
import type { LoadReport } from "../load-report.js";
import type { RouterMetrics } from "../metrics.js";

const ACCOUNT_ID_LENGTH_MAX = 128;
/** Of either list, and short enough for a ticket. */
const EXCLUDED_MAX = 64;

export interface RouteParts {
  readonly routerId: string;
  readonly catalogue: CatalogueKeeper;
  readonly registry: Registry;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
  readonly serviceTimes: ServiceTimes;
  readonly clock: Clock;
  readonly metrics: RouterMetrics;
  readonly limits: AdmissionLimits;
  readonly parameters: ParametersView;
  /** A ticket that has been out for longer is looked for when its job is routed again. */
  readonly ticketReviveMs: number;
  readonly load: Pick<LoadReport, "rejectedWhileIdle">;
}

function invalid(message: string): Refusal {
  return { code: "invalid_argument", message, retryAfterMs: 0 };
}

function faultIn(request: RouteRequest, unixMs: number): Refusal | undefined {
  if (!isSubjectToken(request.jobId)) return invalid("job_id is not an id");
  if (!isSubjectToken(request.requesterId)) return invalid("requester_id is not an id");
  if (request.accountId.length === 0 || request.accountId.length > ACCOUNT_ID_LENGTH_MAX)
    return invalid("account_id is missing or too long");
  if (!areWorkerIds(request.excludedWorkerIds)) return invalid("excluded_worker_ids are too many or not ids");
  if (!areWorkerIds(request.barredWorkerIds)) return invalid("barred_worker_ids are too many or not ids");
  if (request.onlyWorkerId !== "" && !isSubjectToken(request.onlyWorkerId))
    return invalid("only_worker_id is not an id");
  if (request.preferredWorkerId !== "" && !isSubjectToken(request.preferredWorkerId))
    return invalid("preferred_worker_id is not an id");
  if (request.deadlineUnixMs <= unixMs)
    return { code: "deadline_exceeded", message: "the deadline has passed", retryAfterMs: 0 };
  return undefined;
}

function areWorkerIds(ids: readonly string[]): boolean {
  return ids.length <= EXCLUDED_MAX && ids.every(isSubjectToken);
}

/** Answers `svc.router.route`: admits a job, or renews one that already waits. */
export function routeHandler(parts: RouteParts): Handler<RouteRequest, RouteReply> {
  return (request, { traceparent = "" }) => {
    const model = canonicalModelName(request.model);
    const fault =
      faultIn(request, parts.clock.unixMs()) ??
      (model === undefined ? invalid(`invalid model name '${request.model.slice(0, 100)}'`) : undefined);
    if (fault !== undefined || model === undefined) return refused(parts, fault ?? invalid("no model"));
    const known = parts.scheduler.find(request.jobId);
    if (known !== undefined) return renewed(parts, request, known);
    return admitted(parts, request, model, traceparent);
  };
}

function admitted(parts: RouteParts, request: RouteRequest, model: string, traceparent: string): RouteReply {
  const { catalogue, registry, scheduler, dispatcher, serviceTimes, clock, limits, parameters } = parts;
  const nowMs = clock.nowMs();
  const job = new WaitingJob(
    {
      jobId: request.jobId,
      requesterId: request.requesterId,
      accountId: request.accountId,
      model,
      weight: weightOfTier(request.tier, parameters.current),
      deadlineMs: nowMs + request.deadlineUnixMs - clock.unixMs(),
      excluded: new Set(request.excludedWorkerIds),
      barred: new Set(request.barredWorkerIds),
      ...(request.onlyWorkerId === "" ? {} : { onlyWorkerId: request.onlyWorkerId }),
      ...(request.preferredWorkerId === "" ? {} : { preferredWorkerId: request.preferredWorkerId }),
      ...(request.queueMaxMs === undefined ? {} : { queueMaxMs: request.queueMaxMs }),
      needsSealing: request.needsSealing,
      isResumed: request.resumed,
      traceparent,
    },
    nowMs,
  );
  const isIdle = scheduler.canStart(model, job, nowMs);
  const canStart = dispatcher.isOpen && isIdle;
  const ableWorkers = registry.serverCountFor(job);
  const refusal = refusalOf(
    {
      model: request.model,
      isKnown: catalogue.has(model),
      // A quarantined worker serves nobody but the job that names it.
      hasLiveWorker: ableWorkers > 0 || registry.serversOf(model).size > 0,
      hasAbleWorker: ableWorkers > 0,
      onlyWorkerId: job.onlyWorkerId,
      needsSealing: job.needsSealing,
      canStart,
      isReturning: job.isReturning,
      queuedTotal: scheduler.queuedTotal,
      queuedOfAccount: scheduler.queuedOf(request.accountId),
      etaMs: serviceTimes.etaMs(model, scheduler.queuedFor(model), ableWorkers),
    },
    limits,
  );
  if (refusal !== undefined) {
    if (isIdle) parts.load.rejectedWhileIdle();
    return refused(parts, refusal);
  }
  scheduler.enqueue(job, nowMs);
  dispatcher.pump(model);
  const impatience = canStart ? undefined : impatienceOf(parts, job);
  if (impatience === undefined) return accepted(parts, job);
  if (isIdle) parts.load.rejectedWhileIdle();
  scheduler.remove(job);
  return refused(parts, impatience);
}

/** Why a job that has just been queued is refused after all: its place is further behind than it would wait for. */
function impatienceOf(parts: RouteParts, job: WaitingJob): Refusal | undefined {
  const { queueMaxMs } = job;
  if (job.phase !== "queued" || job.isReturning || queueMaxMs === Number.POSITIVE_INFINITY) return undefined;
  const etaMs = etaOf(parts, job, parts.scheduler.aheadOf(job));
  return etaMs > queueMaxMs ? queueTooLong(job.model, etaMs, queueMaxMs) : undefined;
}

/** When a queued job is expected to start that has so many ahead of it. */
function etaOf({ serviceTimes, registry, clock }: RouteParts, job: WaitingJob, ahead: number): number {
  return serviceTimes.etaMs(job.model, ahead, registry.capacityFor(job, clock.nowMs()));
}

function renewed(parts: RouteParts, request: RouteRequest, job: WaitingJob): RouteReply {
  const { dispatcher, clock } = parts;
  if (job.requesterId !== request.requesterId || job.accountId !== request.accountId)
    return refused(parts, invalid(`job ${job.jobId} is another requester's`));
  job.renewedAtMs = clock.nowMs();
  // Another worker has failed it, or it has delivered text since: its ticket was used, and did not end it.
  const isUsed =
    (request.resumed && !job.isResumed) || request.excludedWorkerIds.some((id) => !job.excluded.has(id));
  job.excluded = new Set(request.excludedWorkerIds);
  job.isResumed ||= request.resumed;
  if (isUsed && job.phase === "ticketed") dispatcher.restart(job);
  else if (job.phase === "ticketed" && clock.nowMs() - job.publishedAtMs > parts.ticketReviveMs)
    void dispatcher.revive(job);
  dispatcher.pump(job.model);
  return accepted(parts, job);
}

function accepted(parts: RouteParts, job: WaitingJob): RouteReply {
  const { routerId, catalogue, registry, scheduler, clock, metrics } = parts;
  const isQueued = job.phase === "queued";
  const ahead = isQueued ? scheduler.aheadOf(job) : 0;
  metrics.countRoute(isQueued ? "queued" : "ticketed");
  const value = {
    routerId,
    model: job.model,
    modelDigest: catalogue.pinOf(job.model)?.digest ?? "",
    queuePosition: isQueued ? ahead + 1 : 0,
    etaMs: isQueued ? etaOf(parts, job, ahead) : 0,
    blockedWorkerIds: [...registry.blocked(clock.nowMs())],
  };
  return { version: PROTOCOL_VERSION, result: { $case: "accepted", value } };
}

function refused(parts: RouteParts, refusal: Refusal): RouteReply {
  parts.metrics.countRoute(refusal.code);
  return {
    version: PROTOCOL_VERSION,
    result: { $case: "refused", value: RouteRefused.fromPartial(refusal) },
  };
}
