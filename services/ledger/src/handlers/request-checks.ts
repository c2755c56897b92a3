import { FlockError } from "@flock/errors";
import { type MicroLlama, microLlama, TOTAL_SUPPLY } from "@flock/money";
import { isSubjectToken } from "@flock/proto";
import { type AccountCode, isAccountCode } from "../domain/account-code.js";

/*
 * Checks of what callers send. Each returns the checked value or throws `invalid_argument` naming the field.
 */

/** An id that may stand in a subject and in an account's code. */
export function checkedId(name: string, value: string): string {
  if (!isSubjectToken(value)) throw invalid(`${name} must be 1 to 128 of A-Z a-z 0-9 _ -`);
  return value;
}

/** An amount between `min` and everything that exists. */
export function checkedAmount(name: string, value: bigint, min: bigint): MicroLlama {
  if (value < min || value > TOTAL_SUPPLY)
    throw invalid(`${name} must be ${min} to ${TOTAL_SUPPLY} µLLAMA, not ${value}`);
  return microLlama(value);
}

/** A whole number of the given range. */
export function checkedInteger(name: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(`${name} must be ${min} to ${max}, not ${value}`);
  return value;
}

/** The signature of a Solana transaction: 64 bytes in base58. */
export function checkedSignature(value: string): string {
  if (!/^[1-9A-HJ-NP-Za-km-z]{64,88}$/.test(value)) throw invalid("signature must be 64 bytes in base58");
  return value;
}

/** The code of a ledger account. */
export function checkedAccount(value: string): AccountCode {
  if (!isAccountCode(value)) throw invalid(`${JSON.stringify(value.slice(0, 160))} is not a ledger account`);
  return value;
}

function invalid(message: string): FlockError {
  return new FlockError("invalid_argument", message);
}
