import type { Database } from "@flock/database";
import { FlockError } from "@flock/errors";
import { formatLlama, type MicroLlama, ZERO } from "@flock/money";
import type { AccountCode } from "../domain/account-code.js";
import { readHeldByJobs } from "../store/held-by-jobs.js";
import type { LedgerSchema } from "../store/schema.js";

/**
 * The one refusal for want of money: it says what is there, also in its details (decimal strings of µLLAMA).
 * @param held - what running jobs hold of it; in the details if it is more than 0
 */
export function insufficientFunds(
  needed: MicroLlama,
  available: MicroLlama,
  held: MicroLlama = ZERO,
): FlockError {
  const details = { neededMicro: String(needed), availableMicro: String(available) };
  return new FlockError(
    "insufficient_funds",
    `${formatLlama(needed)} LLAMA are needed, ${formatLlama(available)} are available`,
    { details: held > 0n ? { ...details, heldMicro: String(held) } : details },
  );
}

/**
 * The same for an account that running jobs may hold some of. What they hold is looked up after the refusal, which
 * nothing of it decides: if that fails, the refusal says nothing about it.
 */
export async function insufficientFundsOf(
  db: Database<LedgerSchema>,
  account: AccountCode,
  needed: MicroLlama,
  available: MicroLlama,
): Promise<FlockError> {
  return insufficientFunds(needed, available, await readHeldByJobs(db, account).catch(() => ZERO));
}

/** Another request has the same id. */
export function conflicting(what: string, id: string): FlockError {
  return new FlockError("already_exists", `another ${what} ${id} exists`);
}
