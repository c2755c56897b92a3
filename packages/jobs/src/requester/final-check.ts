import { faultOfWalletAddress } from "@flock/keys";
import { type Final, Outcome, type SignedReceipt } from "@flock/proto/jobs";
import { isSaidBy, type PrivacyLabel } from "../content/privacy.js";
import { openReceipt } from "../receipt.js";
import type { Answer } from "./answer.js";
import type { JobResult, JobSpec } from "./job.js";

/** Outcomes under which a worker has done work that is paid. */
const PAID: ReadonlySet<Outcome> = new Set([Outcome.COMPLETED, Outcome.CANCELLED]);

/** Upper bound of the tokens that a chat template and its default system prompt add to a prompt. */
const TEMPLATE_TOKENS_MAX = 4_096;

/** Counts that were checked. */
export interface Counts {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly bound: JobResult["completionTokensBound"];
}

/**
 * `nothing`: the worker claims nothing. `unsigned`, `foreign`: it claims what it gives no receipt for, or what its
 * receipt does not vouch for.
 */
export type CheckedFinal =
  | {
      readonly kind: "vouched";
      readonly receipt: SignedReceipt;
      readonly payeeId: string;
      readonly counts: Counts;
    }
  | { readonly kind: "nothing" | "unsigned" | "foreign" };

/** A lease that has ended, as its requester knows it. */
export interface EndedLease {
  readonly requesterId: string;
  readonly spec: JobSpec;
  readonly workerId: string;
  readonly answer: Answer;
  readonly privacy: PrivacyLabel;
  readonly completionTokensMax: number;
}

/**
 * What may be charged on the word of a final: nothing unless its receipt is signed by the lease's holder, names this
 * job, lease and model, and commits to the very output that arrived; and never more tokens than that output can stand
 * for or than the job was allowed.
 */
export function checkFinal(lease: EndedLease, final: Final): CheckedFinal {
  if (!PAID.has(final.outcome)) return { kind: "nothing" };
  const signed = final.receipt;
  if (signed === undefined) return { kind: "unsigned" };
  const receipt = openReceipt(signed);
  const { requesterId, spec, workerId, answer, privacy, completionTokensMax } = lease;
  const isOurs =
    receipt !== undefined &&
    receipt.jobId === spec.jobId &&
    receipt.lease === final.lease &&
    receipt.requesterId === requesterId &&
    receipt.workerId === workerId &&
    receipt.model === spec.model &&
    receipt.modelDigest === spec.modelDigest &&
    receipt.promptTokens === final.promptTokens &&
    receipt.completionTokens === final.completionTokens &&
    answer.mayResume(receipt.resumedTokens) &&
    mayBePaid(receipt.payeeId) &&
    isSaidBy(receipt.privacy, privacy) &&
    Buffer.compare(receipt.outputSha256, answer.outputSha256()) === 0;
  if (!isOurs) return { kind: "foreign" };
  const plausible = answer.plausibleLeaseTokens();
  const leaseTokens = Math.min(final.completionTokens, plausible);
  const completionTokens = Math.min(receipt.resumedTokens + leaseTokens, completionTokensMax);
  // The template around a prompt adds tokens to it, but not without bound.
  const promptTokens = Math.min(answer.promptTokens, spec.promptBytes + TEMPLATE_TOKENS_MAX);
  const bound = final.completionTokens > plausible ? "upper" : final.isLowerBound ? "lower" : "exact";
  const { payeeId } = receipt;
  return { kind: "vouched", receipt: signed, payeeId, counts: { promptTokens, completionTokens, bound } };
}

/** What is paid to a name that nobody can own is lost. */
function mayBePaid(payeeId: string): boolean {
  return payeeId === "" || faultOfWalletAddress(payeeId) === undefined;
}

/** What the router is told of a lease that ended with its job: a worker that did its part, or nothing about it. */
export function outcomeOf(final: Final | undefined): Outcome {
  const isDone = final?.outcome === Outcome.COMPLETED || final?.outcome === Outcome.REFUSED;
  return isDone ? final.outcome : Outcome.CANCELLED;
}
