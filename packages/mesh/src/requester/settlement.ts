import { EVENTS, InferenceCompleted, InferenceFailed, Outcome, PROTOCOL_VERSION } from "@flock/proto";
import type { EventPublisher } from "../event-publisher.js";
import type { ActiveJob, Charge } from "./active-job.js";
import type { JobResult } from "./job.js";

/**
 * Tells the ledger how a job ended, once per job: with something to charge (counts, prices, signed receipt), or
 * without, so that its hold is released before it times out. Nothing is told of a job whose hold was refused: there is
 * none; and nothing is charged if it is uncertain whether there is one: the client was given an error instead of the
 * answer. Not to be called while the hold is pending: the ledger would find none, and make it afterwards.
 */
export function publishEnd(
  events: EventPublisher,
  requesterId: string,
  job: ActiveJob,
  result: JobResult,
  charge: Charge | undefined,
): void {
  const { spec } = job;
  if (job.hold === "refused" || job.hold === "none") return;
  const common = {
    version: PROTOCOL_VERSION,
    jobId: spec.jobId,
    accountId: spec.accountId,
    requesterId,
    model: spec.model,
    leases: job.state.lease,
    finishedUnixMs: Date.now(),
  };
  if (charge === undefined || job.hold === "uncertain") {
    const code = result.error?.code ?? "cancelled";
    const messageId = `${spec.jobId}.failed`;
    void events.publish(EVENTS.inferenceFailed, messageId, InferenceFailed, { ...common, code });
    return;
  }
  void events.publish(EVENTS.inferenceCompleted, `${spec.jobId}.completed`, InferenceCompleted, {
    ...common,
    workerId: job.state.workerId,
    modelDigest: spec.modelDigest,
    promptTokens: charge.promptTokens,
    completionTokens: charge.completionTokens,
    promptPriceMicro: spec.promptPriceMicro,
    completionPriceMicro: spec.completionPriceMicro,
    outcome: result.outcome === "completed" ? Outcome.COMPLETED : Outcome.CANCELLED,
    doneReason: result.doneReason,
    receipt: charge.receipt,
    startedUnixMs: job.startedUnixMs,
  });
}
