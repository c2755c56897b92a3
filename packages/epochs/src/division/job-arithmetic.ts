/*
 * The arithmetic of a settled job, which anybody can check (the ledger charges by the same rule):
 *
 *   charge         = min(held, prompt tokens × prompt price + completion tokens × completion price)
 *   worker share   = floor(charge × worker share in bps / 10 000)
 *   protocol share = charge − worker share
 *
 * Example: 7 and 10 tokens at 3 and 8 µLLAMA, 60 held, 9 500 bps: charge 60, shares 57 and 3.
 */
import { BPS_PER_WHOLE } from "@flock/money";

export interface JobAmounts {
  readonly promptTokens: bigint;
  readonly completionTokens: bigint;
  readonly promptPrice: bigint;
  readonly completionPrice: bigint;
  readonly held: bigint;
  readonly workerShareBps: number;
  readonly charge: bigint;
  readonly workerShare: bigint;
  readonly protocolShare: bigint;
}

/** What is wrong with a job's amounts, or undefined. */
export function jobFault(job: JobAmounts): string | undefined {
  const cost = job.promptTokens * job.promptPrice + job.completionTokens * job.completionPrice;
  const isCapped = cost > job.held;
  const charge = isCapped ? job.held : cost;
  if (job.charge !== charge) return `the charge is ${job.charge}, not ${charge}`;
  const workerShare = (charge * BigInt(job.workerShareBps)) / BigInt(BPS_PER_WHOLE);
  if (job.workerShare !== workerShare) return `the worker share is ${job.workerShare}, not ${workerShare}`;
  const protocolShare = charge - workerShare;
  if (job.protocolShare !== protocolShare)
    return `the protocol share is ${job.protocolShare}, not ${protocolShare}`;
  return undefined;
}
