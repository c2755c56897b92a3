import { FlockError } from "@flock/errors";
import { openReceipt } from "@flock/jobs";
import { Outcome, type Receipt, SignedReceipt } from "@flock/proto/jobs";
import type { RequestContext } from "../request-context.js";
import type { KeptDelegation } from "../store/delegation-store.js";
import { accountJob } from "./account-jobs.js";
import type { MoneyGateway } from "./money-gateway.js";

/** The last moment that a date can stand for. */
const UNIX_MS_MAX = 8.64e15;

/** What the last worker of a job has signed. */
export interface JobReceipt {
  /** An encoded SignedReceipt: what anybody can check. */
  readonly encoded: Uint8Array;
  /** The key that signed it. */
  readonly signer: string;
  /** Why it may sign in the worker's name; undefined: the worker's id is that key, or nothing is known here. */
  readonly delegation: Pick<KeptDelegation, "text" | "signature"> | undefined;
  readonly receipt: Omit<Receipt, "outcome">;
  readonly outcome: string;
}

/**
 * The receipt of a job of the account. It names the worker; what else is told of jobs has aliases alone, so
 * a receipt is told only to who asks for just that.
 */
export async function accountReceipt(
  gateway: MoneyGateway,
  context: RequestContext,
  id: string,
): Promise<JobReceipt> {
  const { receipt: encoded } = await accountJob(gateway, context, id);
  if (encoded === undefined)
    throw new FlockError("not_found", `no worker has signed a receipt that vouches for job ${id}`);
  const signed = SignedReceipt.decode(encoded);
  const { signer } = signed;
  const { outcome, ...receipt } = opened(signed, id);
  return {
    encoded,
    signer,
    delegation: await delegationOf(gateway, receipt.workerId, signer),
    receipt: {
      ...receipt,
      startedUnixMs: possible(receipt.startedUnixMs),
      firstTokenUnixMs: possible(receipt.firstTokenUnixMs),
      finishedUnixMs: possible(receipt.finishedUnixMs),
    },
    outcome: (Outcome[outcome] ?? "unspecified").toLowerCase(),
  };
}

/** The requester has checked before it was kept that this signer may sign. */
function opened(signed: SignedReceipt, id: string): Receipt {
  const receipt = openReceipt(signed);
  if (receipt === undefined) throw new FlockError("internal", `the receipt kept of job ${id} is none`);
  return receipt;
}

async function delegationOf({ delegations }: MoneyGateway, workerId: string, signer: string) {
  if (signer === workerId) return undefined;
  const delegation = await delegations.find(signer);
  return delegation?.wallet === workerId ? delegation : undefined;
}

/** Its worker signs whatever times it likes; 0 stands for none. */
function possible(unixMs: number): number {
  return unixMs > 0 && unixMs <= UNIX_MS_MAX ? unixMs : 0;
}
