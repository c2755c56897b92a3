import type { Outcome } from "@flock/proto/jobs";
import type { JobFinished } from "@flock/proto/router";
import type { JobSpec } from "./job.js";
import type { JobState } from "./job-state.js";

/** What the router is told of the live lease's end, or of a job that was given up as it waited. */
export function leaseReport(
  { jobId, traceparent }: Pick<JobSpec, "jobId" | "traceparent">,
  state: JobState,
  { outcome, lost, nowMs }: { readonly outcome: Outcome; readonly lost: boolean; readonly nowMs: number },
  failedWorkerIds: string[],
): JobFinished {
  const { hasLease, lease, workerId } = state;
  return {
    ...{ jobId, traceparent, outcome, lost, failedWorkerIds },
    lease: hasLease ? lease : 0,
    workerId: hasLease ? workerId : "",
    serviceMs: hasLease ? Math.round(state.servedMs(nowMs)) : 0,
  };
}
