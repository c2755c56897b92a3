import type { DroppedMessages } from "@flock/mesh";
import { type Final, Outcome } from "@flock/proto";
import { openReceipt } from "../receipt.js";
import type { ActiveJob, Charge } from "./active-job.js";

/** Outcomes under which a worker has done work that is paid. */
const PAID: ReadonlySet<Outcome> = new Set([Outcome.COMPLETED, Outcome.CANCELLED]);

/** `nothing`: the worker claims nothing. `invalid`: it claims what its receipt does not vouch for. */
export type Chargeable =
  | { readonly kind: "charge"; readonly charge: Charge }
  | { readonly kind: "nothing" | "invalid" };

/**
 * What may be charged on the word of a final: nothing unless its receipt is signed by the lease's holder, names this
 * job, lease and model, and commits to the very output that arrived; and never more tokens than that output can stand
 * for or than the job was allowed.
 */
export function chargeOf(
  requesterId: string,
  job: ActiveJob,
  final: Final,
  dropped: DroppedMessages,
): Chargeable {
  if (!PAID.has(final.outcome)) return { kind: "nothing" };
  if (final.receipt === undefined) return { kind: "invalid" };
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
    state.mayResume(receipt.resumedTokens) &&
    Buffer.compare(receipt.outputSha256, state.outputSha256()) === 0;
  if (!isOurs) {
    dropped.drop("final", "receipt_mismatch", { workerId: state.workerId, jobId: spec.jobId });
    return { kind: "invalid" };
  }
  const plausible = state.plausibleLeaseTokens();
  const leaseTokens = Math.min(final.completionTokens, plausible);
  const completionTokens = Math.min(receipt.resumedTokens + leaseTokens, job.completionTokensMax);
  // The template around a prompt adds tokens to it, but not without bound.
  const promptTokens = Math.min(state.promptTokens, spec.promptBytes + TEMPLATE_TOKENS_MAX);
  if (promptTokens + completionTokens === 0) return { kind: "nothing" };
  const bound = final.completionTokens > plausible ? "upper" : final.isLowerBound ? "lower" : "exact";
  return { kind: "charge", charge: { promptTokens, completionTokens, bound, receipt: final.receipt } };
}

/** Upper bound of the tokens that a chat template and its default system prompt add to a prompt. */
const TEMPLATE_TOKENS_MAX = 4_096;
