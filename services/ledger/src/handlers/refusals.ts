import { FlockError } from "@flock/errors";
import { formatLlama, type MicroLlama } from "@flock/money";

/** The one refusal for want of money: it says what is there, also in its details (decimal strings of µLLAMA). */
export function insufficientFunds(needed: MicroLlama, available: MicroLlama): FlockError {
  return new FlockError(
    "insufficient_funds",
    `${formatLlama(needed)} LLAMA are needed, ${formatLlama(available)} are available`,
    { details: { neededMicro: String(needed), availableMicro: String(available) } },
  );
}

/** Another request has the same id. */
export function conflicting(what: string, id: string): FlockError {
  return new FlockError("already_exists", `another ${what} ${id} exists`);
}
