import { faultOfWalletAddress } from "@flock/keys";
import { type Final, Outcome, type SignedReceipt } from "@flock/proto/jobs";
import { isSaidBy, type PrivacyLabel } from "../content/privacy.js";
import { openReceipt } from "../receipt.js";
import type { Answer } from "./answer.js";
import type { JobResult, JobSpec } from "./job.js";
import type { Signatory } from "./worker-keys.js";

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

/** Whether the worker has claimed what it does not vouch for. */
export function isUnvouched(checked: CheckedFinal | undefined): boolean {
  return checked?.kind === "unsigned" || checked?.kind === "foreign";
}

/** A lease that has ended, as its requester knows it. */
export interface EndedLease {
  readonly requesterId: string;
  readonly spec: JobSpec;
  readonly workerId: string;
  readonly signatory: Signatory | undefined;
  readonly answer: Answer;
  readonly privacy: PrivacyLabel;
  readonly completionTokensMax: number;
}

/**
 * What may be charged on the word of a final: nothing unless its receipt is signed by the key that claimed the lease,
 * names this job, lease, worker and model, pays whom the worker's wallet has named, and commits to the very output that
 * arrived; and never more tokens than that output can stand for or than the job was allowed.
 */
export function checkFinal(lease: EndedLease, final: Final): CheckedFinal {
  if (!PAID.has(final.outcome)) return { kind: "nothing" };
  const signed = final.receipt;
  if (signed === undefined) return { kind: "unsigned" };
  const receipt = openReceipt(signed);
  const { requesterId, spec, workerId, signatory, answer, privacy, completionTokensMax } = lease;
  const isOurs =
    receipt !== undefined &&
    signed.signer === signatory?.key &&
    receipt.jobId === spec.jobId &&
    receipt.lease === final.lease &&
    receipt.requesterId === requesterId &&
    receipt.workerId === workerId &&
    receipt.model === spec.model &&
    receipt.modelDigest === spec.modelDigest &&
    receipt.promptTokens === final.promptTokens &&
    receipt.completionTokens === final.completionTokens &&
    answer.mayResume(receipt.resumedTokens) &&
    mayBePaid(receipt.payeeId, signatory) &&
    isSaidBy(receipt.privacy, privacy) &&
    Buffer.compare(receipt.outputSha256, answer.outputSha256()) === 0;
  if (!isOurs) return { kind: "foreign" };
  const plausible = answer.plausibleLeaseTokens();
  const leaseTokens = Math.min(final.completionTokens, plausible);
  const earlierTokens = answer.earlierTokens(receipt.resumedTokens);
  const completionTokens = Math.min(earlierTokens + leaseTokens, completionTokensMax);
  // The template around a prompt adds tokens to it, but not without bound.
  const requestTokens = Math.min(answer.promptTokens, spec.promptBytes + TEMPLATE_TOKENS_MAX);
  const promptTokens = requestTokens + answer.begunTokens;
  const bound = final.completionTokens > plausible ? "upper" : final.isLowerBound ? "lower" : "exact";
  const { payeeId } = receipt;
  return { kind: "vouched", receipt: signed, payeeId, counts: { promptTokens, completionTokens, bound } };
}

/** Who has only the key cannot redirect money. What is paid to a name that nobody can own is lost. */
function mayBePaid(payeeId: string, signatory: Signatory): boolean {
  if (signatory.payeeId !== undefined) return payeeId === signatory.payeeId;
  return payeeId === "" || faultOfWalletAddress(payeeId) === undefined;
}

/** What the router is told of a lease that ended with its job: a worker that did its part, or nothing about it. */
export function outcomeOf(final: Final | undefined): Outcome {
  const isDone = final?.outcome === Outcome.COMPLETED || final?.outcome === Outcome.REFUSED;
  return isDone ? final.outcome : Outcome.CANCELLED;
}
