import { Checking } from "@flock/proto/events";
import { Outcome } from "@flock/proto/jobs";
import type { ActiveJob } from "./active-job.js";
import type { JobEnds } from "./job-ends.js";
import type { EndedJob } from "./job-result.js";
import type { JobTimings } from "./job-timeline.js";
import { chargedAccountOf } from "./payer.js";

/** Of a worker's words only these are told: an event is stored, and others may say what the client was answered. */
const DONE_REASONS: ReadonlySet<string> = new Set(["stop", "length"]);

/**
 * Tells the services how a job ended, once per job: with something to charge (counts, prices, signed receipt), or
 * without, so that its hold is released before it times out. Whoever pays for a job, its worker is paid. A job that
 * nobody pays for is told of as free: it is used, and nothing is settled. Nothing is told of one whose hold was
 * refused or never asked for; and nothing is charged if it is uncertain whether there is a hold: the client was given
 * an error instead of the answer. Not to be called while the hold is pending: the ledger would find none, and make it
 * afterwards.
 */
export function tellEnd(
  ends: Pick<JobEnds, "completed" | "failed">,
  job: Pick<ActiveJob, "spec" | "hold" | "heldMicro" | "workerId" | "startedUnixMs">,
  { result, charge }: EndedJob,
  finishedUnixMs: number,
): void {
  const { spec } = job;
  if (job.hold === "refused" || job.hold === "unasked") return;
  const isFree = job.hold === "none";
  const common = {
    jobId: spec.jobId,
    accountId: chargedAccountOf(spec.payer, spec.accountId),
    model: spec.model,
    leases: result.leases,
    finishedUnixMs,
    traceparent: spec.traceparent,
    isFree,
  };
  if (charge === undefined || job.hold === "uncertain") {
    ends.failed({ ...common, code: result.error?.code ?? "cancelled" });
    return;
  }
  ends.completed({
    ...common,
    workerId: job.workerId,
    modelDigest: spec.modelDigest,
    promptTokens: charge.promptTokens,
    completionTokens: charge.completionTokens,
    promptPriceMicro: isFree ? 0n : spec.promptPriceMicro,
    completionPriceMicro: isFree ? 0n : spec.completionPriceMicro,
    outcome: result.outcome === "completed" ? Outcome.COMPLETED : Outcome.CANCELLED,
    doneReason: DONE_REASONS.has(result.doneReason) ? result.doneReason : "",
    receipt: charge.receipt,
    payeeId: charge.payeeId,
    startedUnixMs: job.startedUnixMs,
    keyId: spec.keyId ?? "",
    heldMicro: job.heldMicro ?? 0n,
    checking: spec.checking ?? Checking.UNSPECIFIED,
    ...wholeMs(result.timings),
  });
}

function wholeMs({ queueMs, claimMs, prefillMs, decodeMs }: JobTimings): JobTimings {
  return {
    queueMs: Math.round(queueMs),
    claimMs: Math.round(claimMs),
    prefillMs: Math.round(prefillMs),
    decodeMs: Math.round(decodeMs),
  };
}
