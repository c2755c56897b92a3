import { decideDeposit, type MovementRecord, undecidedDeposits } from "../store/movements.js";
import type { Treasury } from "../treasury.js";
import { faultOfOwner } from "./owners.js";

const DEPOSITS_PER_ROUND = 128;

/**
 * Decides for deposits that name one account whether they are credited to it or wait in suspense, and puts that on
 * record: what the ledger is told must be the same however often it is told. A deposit that cannot be decided, because
 * ledger or database are away, waits.
 * @returns whether there may be more to decide
 * @throws what kept the first one from being decided, after the others were
 */
export async function decideDeposits(treasury: Treasury): Promise<boolean> {
  const deposits = await undecidedDeposits(treasury.db.kysely, DEPOSITS_PER_ROUND);
  const settled = await Promise.allSettled(deposits.map((deposit) => decide(treasury, deposit)));
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return deposits.length === DEPOSITS_PER_ROUND;
}

async function decide(treasury: Treasury, { signature, named, sender }: MovementRecord): Promise<void> {
  const fault = await faultOfOwner(treasury, named, sender === "" ? [] : [sender]);
  await decideDeposit(treasury.db.kysely, signature, fault === undefined ? "credit" : "unknown_account");
  if (fault !== undefined)
    treasury.logger.warn({ signature, named, fault }, "a deposit names nobody who is known");
}
