import { type Final, Operation, type SignedReceipt } from "@flock/proto/jobs";
import type { Answer } from "./answer.js";
import type { CheckedFinal, Counts } from "./final-check.js";
import type { JobProgress, JobResult, JobSpec } from "./job.js";
import type { Ending, HoldState } from "./job-state.js";

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

/** What of a job decides over its price, beside what was answered. */
export interface Terms {
  readonly operation: Operation;
  readonly completionTokensMax: number;
  /** What its client has been given of it, in completion tokens. */
  readonly toldTokens: number;
}

/** The end of a job whose last lease left this word, or none; no more tokens were delivered than the most. */
export function endedJob(
  progress: JobProgress,
  answer: Answer,
  ending: Ending,
  lastWord: LastWord | undefined,
  terms: Terms,
): EndedJob {
  const vouched = lastWord?.checked.kind === "vouched" ? lastWord.checked : undefined;
  const charge = vouched && chargeOf(vouched, answer, ending, terms);
  const { loadDurationNs, promptEvalDurationNs, evalDurationNs } = lastWord?.durations ?? NO_DURATIONS;
  const result: JobResult = {
    outcome: ending.outcome,
    doneReason: ending.doneReason,
    ...(ending.error === undefined ? {} : { error: ending.error }),
    ...(ending.isUnplaced === undefined ? {} : { isUnplaced: ending.isUnplaced }),
    promptTokens: answer.promptTokens + answer.begunTokens,
    completionTokens: vouched?.counts.completionTokens ?? Math.min(answer.tokens, terms.completionTokensMax),
    completionTokensBound: vouched?.counts.bound ?? "lower",
    loadDurationNs,
    promptEvalDurationNs,
    evalDurationNs,
    embeddingsJson: answer.embeddingsJson,
    leases: progress.workerIds.length,
    ...progress,
    chargeMicro: 0n,
    ...(vouched === undefined ? {} : { receipt: vouched.receipt }),
  };
  return { result, charge };
}

/**
 * The same end, with what the ledger charges: the price of the tokens, and no more than was reserved. Nothing where it
 * is uncertain whether anything was.
 */
export function charged(
  { promptPriceMicro, completionPriceMicro }: JobSpec,
  { hold, heldMicro }: { readonly hold: HoldState; readonly heldMicro: bigint | undefined },
  { result, charge }: EndedJob,
): EndedJob {
  if (charge === undefined || hold !== "granted") return { result, charge };
  const { promptTokens, completionTokens } = charge;
  const costMicro = BigInt(promptTokens) * promptPriceMicro + BigInt(completionTokens) * completionPriceMicro;
  const chargeMicro = heldMicro !== undefined && heldMicro < costMicro ? heldMicro : costMicro;
  return { result: { ...result, chargeMicro }, charge };
}

/**
 * What a job costs that ended so (docs/billing.md). Vectors cost their prompts if they are whole. A text costs its
 * prompt and its tokens, if it says anything. When its client has gone, that is what was generated until then; when it
 * ends in an error, only what the client was given.
 */
function chargeOf(
  { counts, receipt, payeeId }: Extract<CheckedFinal, { kind: "vouched" }>,
  answer: Answer,
  ending: Ending,
  { operation, toldTokens }: Terms,
): Charge | undefined {
  if (ending.isFree === true) return undefined;
  if (operation === Operation.EMBED) {
    const isWorth = ending.outcome === "completed" && counts.promptTokens > 0;
    return isWorth ? { ...counts, receipt, payeeId } : undefined;
  }
  const tokensMax = ending.outcome === "failed" ? toldTokens : counts.completionTokens;
  const completionTokens = Math.min(counts.completionTokens, tokensMax);
  if (completionTokens === 0 || !answer.saysAnything) return undefined;
  return { ...counts, completionTokens, receipt, payeeId };
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
