import { FlockError } from "@flock/errors";
import { openReceipt } from "@flock/jobs";
import { Outcome, type Receipt, SignedReceipt } from "@flock/proto/jobs";
import type { RequestContext } from "../request-context.js";
import { accountJob } from "./account-jobs.js";
import type { MoneyGateway } from "./money-gateway.js";

/** The last moment that a date can stand for. */
const UNIX_MS_MAX = 8.64e15;

/** What the last worker of a job has signed. */
export interface JobReceipt {
  /** An encoded SignedReceipt: what anybody can check. */
  readonly encoded: Uint8Array;
  readonly receipt: Omit<Receipt, "outcome">;
  readonly outcome: string;
}

/**
 * The receipt of a job of the account. It names the worker by its key; what else is told of jobs has aliases alone, so
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
  const { outcome, ...receipt } = opened(encoded, id);
  return {
    encoded,
    receipt: {
      ...receipt,
      startedUnixMs: possible(receipt.startedUnixMs),
      firstTokenUnixMs: possible(receipt.firstTokenUnixMs),
      finishedUnixMs: possible(receipt.finishedUnixMs),
    },
    outcome: (Outcome[outcome] ?? "unspecified").toLowerCase(),
  };
}

/** The requester has opened it before it was kept. */
function opened(encoded: Uint8Array, id: string): Receipt {
  const receipt = openReceipt(SignedReceipt.decode(encoded));
  if (receipt === undefined) throw new FlockError("internal", `the receipt kept of job ${id} is none`);
  return receipt;
}

/** Its worker signs whatever times it likes; 0 stands for none. */
function possible(unixMs: number): number {
  return unixMs > 0 && unixMs <= UNIX_MS_MAX ? unixMs : 0;
}
