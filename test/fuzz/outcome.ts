import { FlockError, type FlockErrorCode } from "@flock/errors";

/** What an input is not taken with, unless a target says otherwise. */
const REFUSALS: readonly FlockErrorCode[] = ["invalid_argument"];

/**
 * What a decoder makes of an input; undefined if it refuses it by one of these codes. Anything else that it throws goes
 * on: nobody has thought of it.
 */
export function taken<T>(decode: () => T, codes = REFUSALS): { readonly value: T } | undefined {
  try {
    return { value: decode() };
  } catch (thrown) {
    return refused(thrown, codes);
  }
}

/** The same, of a promise. */
export async function takenLater<T>(
  decode: () => Promise<T>,
  codes = REFUSALS,
): Promise<{ readonly value: T } | undefined> {
  try {
    return { value: await decode() };
  } catch (thrown) {
    return refused(thrown, codes);
  }
}

function refused(thrown: unknown, codes: readonly FlockErrorCode[]): undefined {
  if (thrown instanceof FlockError && codes.includes(thrown.code)) return undefined;
  throw thrown;
}

/** Says what is wrong. */
export function mustHold(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}
