import { FlockError } from "@flock/errors";
import type { Clock } from "@flock/mesh";
import type { ActiveJob } from "./active-job.js";
import type { RouterLink } from "./router-link.js";

export interface RoutingOptions {
  readonly router: RouterLink;
  readonly clock: Clock;
  find(jobId: string): ActiveJob | undefined;
}

/** Gets waiting jobs a place at a router, and keeps it. */
export class Routing {
  readonly #options: RoutingOptions;

  constructor(options: RoutingOptions) {
    this.#options = options;
  }

  /** Asks for a place, again if the job had one; the job hears what came of it. */
  async route(job: ActiveJob): Promise<void> {
    const { router, clock } = this.#options;
    const askedMs = clock.nowMs();
    const { spec, requesterId } = job;
    try {
      const routed = await router.route(
        {
          jobId: spec.jobId,
          requesterId,
          accountId: spec.accountId,
          model: spec.model,
          operation: spec.operation,
          tier: spec.tier,
          promptBytes: spec.promptBytes,
          completionTokensMax: spec.completionTokensMax,
          deadlineUnixMs: spec.deadlineUnixMs,
          onlyWorkerId: spec.onlyWorkerId ?? "",
          barredWorkerIds: [...(spec.excludedWorkerIds ?? [])],
          preferredWorkerId: spec.preferredWorkerId ?? "",
          needsSealing: (spec.privacyMin ?? "plaintext") !== "plaintext",
          ...job.route(askedMs),
        },
        spec.traceparent,
      );
      if (routed.kind === "accepted") job.routed(routed, askedMs);
      else job.routeRefused(routed.error, clock.nowMs());
    } catch (thrown) {
      job.routeFailed(FlockError.from(thrown), clock.nowMs());
    }
  }

  /** Says of these jobs that they still wait; those that their router does not know are routed again. */
  async renew(jobs: Iterable<ActiveJob>): Promise<void> {
    const { router, clock, find } = this.#options;
    for (const { routerId, requesterId, jobIds } of waitingAt(jobs)) {
      const { unknown, refused } = await router.renew(routerId, requesterId, jobIds);
      for (const jobId of unknown) {
        const job = find(jobId);
        if (job?.phase === "waiting") void this.route(job);
      }
      for (const { jobId, error } of refused) find(jobId)?.routeRefused(error, clock.nowMs());
    }
  }
}

/** Jobs of one address that wait at one router. */
interface Waiting {
  readonly routerId: string;
  readonly requesterId: string;
  readonly jobIds: string[];
}

function waitingAt(jobs: Iterable<ActiveJob>): Iterable<Waiting> {
  const groups = new Map<string, Waiting>();
  for (const { waitsAt: routerId, requesterId, spec } of jobs) {
    if (routerId === undefined) continue;
    const key = `${routerId} ${requesterId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { routerId, requesterId, jobIds: [spec.jobId] });
    else group.jobIds.push(spec.jobId);
  }
  return groups.values();
}
