import { FlockError } from "@flock/errors";
import { formatLlama, type MicroLlama } from "@flock/money";

/** The one wording of a refusal for want of money: it says what is there. */
export function insufficientFunds(needed: MicroLlama, available: MicroLlama): FlockError {
  return new FlockError(
    "insufficient_funds",
    `${formatLlama(needed)} LLAMA are needed, ${formatLlama(available)} are available`,
    { details: { needed, available } },
  );
}

/** Another request has the same id. */
export function conflicting(what: string, id: string): FlockError {
  return new FlockError("already_exists", `another ${what} ${id} exists`);
}
