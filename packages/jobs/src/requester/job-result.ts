import type { ActiveJob, Charge, Ending } from "./active-job.js";
import type { JobResult } from "./job.js";

/** How a job ended, for its caller and for the ledger. */
export interface EndedJob {
  readonly result: JobResult;
  /** Absent: nothing is charged. */
  readonly charge: Charge | undefined;
}

/** What the caller is told of a job that ended so. */
export function resultOf(
  job: ActiveJob,
  ending: Ending,
  completionTokens: number,
  completionTokensBound: JobResult["completionTokensBound"] = "lower",
): JobResult {
  const { loadDurationNs, promptEvalDurationNs, evalDurationNs } = job.durations;
  return {
    outcome: ending.outcome,
    doneReason: ending.doneReason,
    ...(ending.error === undefined ? {} : { error: ending.error }),
    promptTokens: job.state.promptTokens,
    completionTokens,
    completionTokensBound,
    loadDurationNs,
    promptEvalDurationNs,
    evalDurationNs,
    embeddingsJson: job.state.embeddingsJson,
    leases: job.state.lease,
  };
}

/** The same end of an answer that is cut after `completionTokensMax` tokens: there is no money for more. */
export function cutAt(completionTokensMax: number, { result, charge }: EndedJob): EndedJob {
  const completionTokens = Math.min(result.completionTokens, completionTokensMax);
  const doneReason = result.outcome === "completed" ? "length" : result.doneReason;
  return {
    result: { ...result, completionTokens, doneReason },
    charge: charge && {
      ...charge,
      completionTokens: Math.min(charge.completionTokens, completionTokensMax),
    },
  };
}
