import type { Clock, Handler } from "@flock/mesh";
import { PROTOCOL_VERSION } from "@flock/proto";
import { type RenewReply, type RenewRequest, RouteRefused } from "@flock/proto/router";
import type { Dispatcher } from "../dispatcher.js";
import type { RefusedJobs } from "../domain/refused-jobs.js";
import type { Registry } from "../domain/registry.js";
import type { Scheduler } from "../domain/scheduler.js";

export interface RenewParts {
  readonly registry: Registry;
  readonly scheduler: Scheduler;
  readonly dispatcher: Dispatcher;
  readonly refused: RefusedJobs;
  readonly clock: Clock;
  /** A ticket that has been out for longer is looked for. */
  readonly ticketReviveMs: number;
}

/** Answers `svc.router.renew.<router>`: keeps the named jobs waiting and says which no longer do. */
export function renewHandler(parts: RenewParts): Handler<RenewRequest, RenewReply> {
  return (request) => {
    const { registry, scheduler, dispatcher, refused, clock } = parts;
    const nowMs = clock.nowMs();
    const reply: RenewReply = {
      version: PROTOCOL_VERSION,
      unknownJobIds: [],
      refused: [],
      blockedWorkerIds: [...registry.blocked(nowMs)],
    };
    for (const jobId of request.jobIds) {
      const job = scheduler.find(jobId);
      if (job?.requesterId === request.requesterId) {
        job.renewedAtMs = nowMs;
        if (job.phase === "ticketed" && nowMs - job.publishedAtMs > parts.ticketReviveMs)
          void dispatcher.revive(job);
        continue;
      }
      const refusal = refused.get(jobId);
      if (refusal === undefined) reply.unknownJobIds.push(jobId);
      else reply.refused.push({ jobId, refusal: RouteRefused.fromPartial(refusal) });
    }
    return reply;
  };
}
