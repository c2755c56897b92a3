import { type Final, Outcome } from "@flock/proto";
import type { DroppedMessages } from "../dropped-messages.js";
import { openReceipt } from "../receipt.js";
import type { ActiveJob, Charge } from "./active-job.js";

/** Outcomes under which a worker has done work that is paid. */
const PAID: ReadonlySet<Outcome> = new Set([Outcome.COMPLETED, Outcome.CANCELLED]);

/**
 * What may be charged on the word of a final: nothing unless its receipt is signed by the lease's holder, names this
 * job, lease and model, and commits to the very output that arrived; and never more tokens than that output can stand
 * for or than the job was allowed. Undefined: nothing is charged and nobody is paid.
 */
export function chargeOf(
  requesterId: string,
  job: ActiveJob,
  final: Final,
  dropped: DroppedMessages,
): Charge | undefined {
  if (final.receipt === undefined || !PAID.has(final.outcome)) return undefined;
  const receipt = openReceipt(final.receipt);
  const { spec, state } = job;
  const isOurs =
    receipt !== undefined &&
    receipt.jobId === spec.jobId &&
    receipt.lease === final.lease &&
    receipt.requesterId === requesterId &&
    receipt.workerId === state.workerId &&
    receipt.model === spec.model &&
    receipt.modelDigest === spec.modelDigest &&
    receipt.promptTokens === final.promptTokens &&
    receipt.completionTokens === final.completionTokens &&
    receipt.resumedTokens === state.resumedTokens &&
    Buffer.compare(receipt.outputSha256, state.outputSha256()) === 0;
  if (!isOurs) {
    dropped.drop("final", "receipt_mismatch", { workerId: state.workerId, jobId: spec.jobId });
    return undefined;
  }
  const leaseTokens = Math.min(final.completionTokens, state.plausibleLeaseTokens());
  const completionTokens = Math.min(state.totalTokens(leaseTokens), job.completionTokensMax);
  // The template around a prompt adds tokens to it, but not without bound.
  const promptTokens = Math.min(state.promptTokens, spec.promptBytes + TEMPLATE_TOKENS_MAX);
  if (promptTokens + completionTokens === 0) return undefined;
  return { promptTokens, completionTokens, receipt: final.receipt };
}

/** Upper bound of the tokens that a chat template and its default system prompt add to a prompt. */
const TEMPLATE_TOKENS_MAX = 4_096;
