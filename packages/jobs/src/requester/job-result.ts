import type { Final, SignedReceipt } from "@flock/proto/jobs";
import type { Answer } from "./answer.js";
import type { CheckedFinal, Counts } from "./final-check.js";
import type { JobResult } from "./job.js";
import type { Ending, JobState } from "./job-state.js";

/** What is charged: counts that were checked, and the receipt that vouches for them. */
export interface Charge extends Counts {
  readonly receipt: SignedReceipt;
  /** Account that is paid in the worker's place; empty: none. */
  readonly payeeId: string;
}

/** How a job ended, for its caller and for the ledger. */
export interface EndedJob {
  readonly result: JobResult;
  /** Absent: nothing is charged. */
  readonly charge: Charge | undefined;
}

/** What the last lease's final has told, if there was one. */
export interface LastWord {
  readonly checked: CheckedFinal;
  readonly durations: Pick<Final, "loadDurationNs" | "promptEvalDurationNs" | "evalDurationNs">;
}

const NO_DURATIONS = { loadDurationNs: 0, promptEvalDurationNs: 0, evalDurationNs: 0 };

/** The end of a job whose last lease left this word, or none; no more tokens were delivered than the most. */
export function endedJob(
  state: JobState,
  answer: Answer,
  ending: Ending,
  completionTokensMax: number,
  lastWord: LastWord | undefined,
): EndedJob {
  const vouched = lastWord?.checked.kind === "vouched" ? lastWord.checked : undefined;
  const isWorth = vouched !== undefined && vouched.counts.promptTokens + vouched.counts.completionTokens > 0;
  const charge =
    isWorth && ending.isFree !== true
      ? { ...vouched.counts, receipt: vouched.receipt, payeeId: vouched.payeeId }
      : undefined;
  const { loadDurationNs, promptEvalDurationNs, evalDurationNs } = lastWord?.durations ?? NO_DURATIONS;
  const result: JobResult = {
    outcome: ending.outcome,
    doneReason: ending.doneReason,
    ...(ending.error === undefined ? {} : { error: ending.error }),
    promptTokens: answer.promptTokens,
    completionTokens: charge?.completionTokens ?? Math.min(answer.deliveredTokens, completionTokensMax),
    completionTokensBound: charge?.bound ?? "lower",
    loadDurationNs,
    promptEvalDurationNs,
    evalDurationNs,
    embeddingsJson: answer.embeddingsJson,
    leases: state.lease,
    workerIds: [...state.workerIds],
    ...(vouched === undefined ? {} : { receipt: vouched.receipt }),
  };
  return { result, charge };
}

/** The same end of an answer that is cut after `completionTokensMax` tokens: there is no money for more. */
export function cutAt(completionTokensMax: number, { result, charge }: EndedJob): EndedJob {
  if (result.completionTokens <= completionTokensMax) return { result, charge };
  const doneReason = result.outcome === "completed" ? "length" : result.doneReason;
  return {
    result: { ...result, completionTokens: completionTokensMax, doneReason },
    charge: charge && {
      ...charge,
      completionTokens: Math.min(charge.completionTokens, completionTokensMax),
    },
  };
}

/** The same end, but there is no money for it at all. */
export function unpaid({ outcome, doneReason, error }: Ending, { result }: EndedJob): EndedJob {
  return {
    result: { ...result, outcome, doneReason, ...(error === undefined ? {} : { error }) },
    charge: undefined,
  };
}
