import { openReceipt } from "@flock/jobs";
import { isSubjectToken } from "@flock/proto";
import { Checking, type CompletedJob } from "@flock/proto/events";
import { Outcome, type Receipt, type SignedReceipt } from "@flock/proto/jobs";
import { CHECKS_ACCOUNT } from "../verifier.js";

/** A job of a completion event, as far as the verifier cares. */
export interface EndedJob {
  readonly job: CompletedJob;
  readonly chargeMicro: bigint;
  /** Absent: it is none that a worker vouches for. */
  readonly vouched: { readonly signed: SignedReceipt; readonly receipt: Receipt } | undefined;
  /** A run of the verifier's own. */
  readonly isOwn: boolean;
}

const TEXT_LENGTH_MAX = 512;
const UNIX_MS_MAX = 8_640_000_000_000_000;

/** Reads a job of an event; undefined: its values cannot be. */
export function endedJobOf(job: CompletedJob): EndedJob | undefined {
  const areTexts = [job.model, job.modelDigest].every(
    (text) => text.length <= TEXT_LENGTH_MAX && !text.includes("\0"),
  );
  const isPayee = job.payeeId === "" || isSubjectToken(job.payeeId);
  const isTime = job.finishedUnixMs >= 0 && job.finishedUnixMs <= UNIX_MS_MAX;
  if (![job.jobId, job.workerId].every(isSubjectToken) || !areTexts || !isPayee || !isTime) return undefined;
  const signed = job.receipt;
  const receipt = signed === undefined ? undefined : openReceipt(signed);
  const isIts = receipt?.jobId === job.jobId && receipt.workerId === job.workerId;
  return {
    job,
    chargeMicro: chargeOf(job),
    vouched: signed === undefined || receipt === undefined || !isIts ? undefined : { signed, receipt },
    isOwn: job.accountId === CHECKS_ACCOUNT,
  };
}

/** Whether it can be drawn at all. */
export function mayBeDrawn({ job, vouched, isOwn }: EndedJob): boolean {
  return vouched !== undefined && !isOwn && job.checking !== Checking.NEVER;
}

export function isCancelled({ job }: EndedJob): boolean {
  return job.outcome !== Outcome.COMPLETED;
}

function chargeOf(job: CompletedJob): bigint {
  if (job.isFree) return 0n;
  const charge =
    BigInt(job.promptTokens) * job.promptPriceMicro + BigInt(job.completionTokens) * job.completionPriceMicro;
  const bounded = job.heldMicro > 0n && charge > job.heldMicro ? job.heldMicro : charge;
  return bounded > 0n ? bounded : 0n;
}
